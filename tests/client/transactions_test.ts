/** Transactions and ranges, as a library's user and on the command line. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { RefusedError, type Transaction, UsageError } from "../../client/mod.ts";
import { withCli } from "./cli_lab.ts";
import { withFakeCluster } from "./with_fake_cluster.ts";

Deno.test("a lock is taken by one of many who want it, and all learn who has it", () =>
  withFakeCluster({}, async (_cluster, connect) => {
    const take = async (name: string) => {
      const transaction: Transaction = {
        compare: [{ key: "lock", target: "revision", is: "=", to: 0 }],
        then: [{ op: "put", key: "lock", value: name }, { op: "put", key: `held/${name}`, value: "" }],
        else: [{ op: "get", key: "lock" }],
      };
      const { succeeded, results } = await connect().txn(transaction);
      if (succeeded) return name;
      const [found] = results;
      return found?.op === "get" && found.found ? new TextDecoder().decode(found.value) : null;
    };
    const holders = new Set(await Promise.all(["a", "b", "c", "d"].map(take)));
    assertEquals(holders.size, 1, "one holder, known to all");
    const { items } = await connect().list("");
    assertEquals(items.map(({ key }) => key), [`held/${[...holders][0]}`, "lock"]);
    assertEquals(new Set(items.map(({ revision }) => revision)).size, 1, "all at one revision");
  }));

Deno.test("a transaction's outcomes are told in the order of its branch", () =>
  withFakeCluster({}, async (_cluster, connect) => {
    const client = connect();
    await client.put("a/1", "old");
    await client.put("gone", "");
    const { index, ...outcome } = await client.txn({
      compare: [{ key: "a/1", target: "value", is: "=", to: "old" }, {
        key: "a/1",
        target: "createRevision",
        is: "<",
        to: 2,
      }],
      then: [
        { op: "delete", key: "gone" },
        { op: "delete", key: "never" },
        { op: "put", key: "a/2", value: Uint8Array.of(1) },
        { op: "get", key: "never" },
        { op: "list", prefix: "a/", limit: 1 },
      ],
    });
    assertEquals(outcome, {
      ...{ succeeded: true, revision: 3 },
      results: [
        { op: "delete", done: true },
        { op: "delete", done: false },
        { op: "put", revision: 3 },
        { op: "get", found: false },
        {
          ...{ op: "list", more: true },
          items: [{ key: "a/1", revision: 1, createRevision: 1, value: new TextEncoder().encode("old") }],
        },
      ],
    });
    assertEquals(index > 0, true);
    const empty = await client.txn({});
    assertEquals([empty.succeeded, empty.revision, empty.results], [true, 3, []]);
  }));

Deno.test("what is no transaction is refused before it is sent; one that reads too much does nothing", () =>
  withFakeCluster({}, async (_cluster, connect) => {
    const client = connect();
    const twice = { then: [{ op: "put", key: "k", value: "1" }, { op: "delete", key: "k" }] } as const;
    await assertRejects(() => client.txn(twice), UsageError, 'then must write a key once: "k" is written twice');
    const put = { op: "put", key: "k", value: "x".repeat(65_000) } as const;
    await assertRejects(() => client.txn({ then: [put], else: [put] }), UsageError);
    for (let i = 0; i < 9; i++) await client.put(`k${i}`, new Uint8Array(65_000));
    const reads = { then: [{ op: "put", key: "z", value: "" }, { op: "list", prefix: "k" }] } as const;
    const refused = await assertRejects(() => client.txn(reads), RefusedError, "nothing was done");
    assertEquals(refused.code, "too-large");
    assertEquals((await client.get("z")).found, false);
  }));

Deno.test("ranges go from one key to below another, page by page", () =>
  withFakeCluster({}, async (_cluster, connect) => {
    const client = connect();
    for (const key of ["a", "b", "c", "d"]) await client.put(key, key);
    const keysOf = ({ items }: { items: readonly { key: string }[] }) => items.map(({ key }) => key).join("");
    assertEquals(keysOf(await client.range({ from: "b", to: "d" })), "bc");
    assertEquals(keysOf(await client.range()), "abcd");
    const first = await client.keys({ from: "b", limit: 2 });
    assertEquals([keysOf(first), first.more, first.items[0]], ["bc", true, {
      key: "b",
      revision: 2,
      createRevision: 2,
    }]);
    assertEquals(keysOf(await client.keys({ from: "b", after: "c" })), "d");
    await assertRejects(() => client.range({ from: "b", to: "a" }), UsageError, "to must be behind from");
  }));

Deno.test("cli: a transaction from an argument and from standard input, a range, and the command at its index", () =>
  withCli({}, async (cli, json) => {
    const given =
      '{"compare":[{"key":"k","target":"revision","is":"=","to":0}],"then":[{"op":"put","key":"k","value":"v"}],' +
      '"else":[{"op":"get","key":"k"}]}';
    const done = await cli(`txn ${given}`);
    assertEquals(done, {
      code: 0,
      out: 'txn: did then, revision 1, log index 2\n  {"op":"put","revision":1}\n',
      err: "",
    });
    const other = await cli("txn -", given);
    assertEquals(other.code, 1);
    assertStringIncludes(other.out, "txn: did else, revision 1");
    assertStringIncludes(other.out, '{"op":"get","found":true,"revision":1,"createRevision":1,"value":"v"}');
    assertStringIncludes((await cli("command 2")).out, "txn: 1 comparisons, then 1 operations, else 1");
    const shown = await json("command 2") as { commands: { kv: unknown }[] };
    assertEquals(shown.commands.at(-1)!.kv, JSON.parse(`{"op":"txn",${given.slice(1)}`));
    assertEquals((await cli("range a z --keys-only")).out, "KEY  REVISION\nk    1\n");
    assertEquals(await json("range k"), {
      ...{ code: 0, ok: true, from: "k", to: "", storeRevision: 1, more: false },
      items: [{ key: "k", revision: 1, createRevision: 1, value: "v" }],
    });
    for (
      const [wrong, message] of [
        ["{", "JSON was given text that is none; wanted a transaction"],
        ["[]", "transaction was given []; wanted an object"],
        ['{"if":[]}', 'transaction was given "if"; wanted compare, then, else'],
        ['{"then":{}}', "then was given {}; wanted a list"],
        ['{"then":[{"op":"swap"}]}', 'then[0].op was given "swap"; wanted put or get or delete or list'],
        ['{"then":[{"op":"get","key":1}]}', "then[0].key was given 1; wanted text"],
        ['{"else":[{"op":"put","key":"k"}]}', "else[0] was given no value; wanted value or valueBase64"],
        ['{"else":[{"op":"put","key":"k","valueBase64":"?"}]}', 'else[0].valueBase64 was given "?"; wanted base64'],
        [
          '{"then":[{"op":"put","key":"k","value":"","lease":"1"}]}',
          'then[0].lease was given "1"; wanted the number of a',
        ],
        ['{"compare":[{"key":"k","target":"size","is":"=","to":1}]}', 'compare[0].target was given "size"'],
        ['{"compare":[{"key":"k","target":"value","is":"<","to":"1"}]}', 'compare[0].is of a value was given "<"'],
        [
          '{"compare":[{"key":"k","target":"revision","is":"=","to":"1"}]}',
          'compare[0].to was given "1"; wanted a revision',
        ],
        ['{"compare":[{"key":"k","target":"revision","is":"=","to":-1}]}', "revision must be an integer from 0"],
      ] as const
    ) {
      const { code, err } = await cli(`txn ${wrong}`);
      assertEquals(code, 2, wrong);
      assertStringIncludes(err, message);
    }
  }));
