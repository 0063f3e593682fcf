import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Connect as CliConnect } from "../../client/cli/connect.ts";
import { ConfigError } from "../../crypto/config_error.ts";
import { runInMemory as run, withCli } from "./cli_lab.ts";
import { type Script, SILENT } from "./fake_scripts.ts";
import { withFakeCluster } from "./with_fake_cluster.ts";

const utf8 = new TextEncoder();

Deno.test("cli: a key's life for people", () =>
  withCli({}, async (cli) => {
    assertEquals(await cli("put a 1"), { code: 0, out: 'put "a": revision 1, log index 2\n', err: "" });
    assertEquals(await cli("get a"), { code: 0, out: "1\n", err: "" });
    assertEquals((await cli("cas a 1 2")).out, 'cas "a": revision 2, log index 6\n');
    const refused = { code: 1, out: "", err: 'cas "a": refused, the key is at revision 2; wanted 1' };
    assertEquals(await cli("cas a 1 3"), refused);
    assertEquals((await cli("put ab -", "from stdin")).code, 0);
    const listed = ["KEY  REVISION  VALUE", "a    2         2", "ab   3         from stdin", ""].join("\n");
    assertEquals(await cli("list a"), { code: 0, out: listed, err: "" });
    const more = await cli("list --limit 1");
    assertEquals(more.err, 'more keys follow: --after "a"');
    assertEquals((await cli("list --after a")).out.split("\n").length, 3);
    assertEquals((await cli("delete a")).code, 0);
    assertEquals(await cli("delete a"), { code: 1, out: "", err: 'delete "a": the key is absent' });
    assertEquals(await cli("get a"), { code: 1, out: "", err: 'get "a": absent at store revision 4' });
  }));

Deno.test("cli: --json prints one value for every outcome", () =>
  withCli({}, async (_cli, json) => {
    assertEquals(await json("put a 1"), { code: 0, ok: true, key: "a", revision: 1, index: 2 });
    assertEquals(await json("get a"), {
      code: 0,
      ok: true,
      key: "a",
      found: true,
      value: "1",
      revision: 1,
      storeRevision: 1,
    });
    assertEquals(await json("get b"), { code: 1, ok: false, key: "b", found: false, storeRevision: 1 });
    assertEquals(await json("cas a 9 2"), {
      code: 1,
      ok: false,
      key: "a",
      done: false,
      expected: 9,
      revision: 1,
      index: 8,
    });
    assertEquals(await json("delete b"), { code: 1, ok: false, key: "b", deleted: false, index: 10 });
    assertEquals(await json("list"), {
      ...{ code: 0, ok: true, prefix: "", storeRevision: 1, more: false },
      items: [{ key: "a", revision: 1, value: "1" }],
    });
    assertEquals(await json("bogus"), {
      ...{ code: 2, ok: false },
      error: {
        code: "usage",
        message:
          'client was given "bogus"; wanted one of put, get, cas, delete, list, range, watch, txn, lease, command, status, activate, deactivate, roster, reconfigure, backup, restore, verify, serve, shell (see --help)',
      },
    });
  }));

Deno.test("cli: values that are not text survive, and do not steer a terminal", () =>
  withCli({}, async (cli, json) => {
    await cli("put k -", "\u001b[2Jx");
    assertEquals((await cli("get k")).out, "\u001b[2Jx\n");
    assertEquals((await cli("get k", "", true)).out, "\ufffd[2Jx\n");
    assertStringIncludes((await cli("list")).out, "\ufffd[2Jx");
    assertEquals((await json("get k") as { value: string }).value, "\u001b[2Jx");
  }));

Deno.test("cli: command shows a committed entry, or that there is none", () =>
  withCli({}, async (cli, json) => {
    await cli("put a 1");
    const { code, out } = await cli("command 2");
    assertEquals(code, 0);
    assertMatch(
      out,
      /^index 2 {2}term 1 {2}hash (?:ab){8}… {2}1 command\(s\)\n {2}c1 {2}session 1 {2}seq 1 {2}command {2}put "a" 1\n$/,
    );
    assertMatch((await cli("command 1")).out, / {2}c1 {2}base 0 +opens a session\n/);
    await cli("get a");
    assertMatch((await cli("command 4")).out, / {2}c1 {2}session 3 {2}seq 1 {2}query {2}get "a"\n$/);
    assertEquals((await json("command 4") as { commands: { mode: string }[] }).commands[0]?.mode, "query");
    type Shown = { committed: boolean; commands: { client: string; mode: string; kv: unknown }[] };
    const { committed, commands: [first] } = await json("command 2") as unknown as Shown;
    assertEquals([committed, first?.client, first?.mode, first?.kv], [true, "c1", "command", {
      op: "put",
      key: "a",
      value: "1",
    }]);
    const none = await cli("command 9");
    assertEquals([none.code, none.err], [1, "command 9: none is committed there; the log is committed up to 4"]);
    assertEquals((await cli("command zero")).code, 2);
  }));

Deno.test("cli: status is a table of what each replica says of itself", () =>
  withCli({
    scripts: {
      r2: { query: (reply) => ({ ...reply, payload: utf8.encode('{"role":"\\u001b[31mleader"}') }) },
      r3: {
        query: (reply) => ({ ...reply, payload: utf8.encode('{"role":"follower","storage":{"state":"refused"}}') }),
      },
      r4: SILENT,
    },
  }, async (cli, json) => {
    const { code, out, err } = await cli("status");
    assertEquals([code, err.startsWith("status: not writable, no quorum: 2 of 4 ")], [3, true], err);
    const lines = out.split("\n");
    assertMatch(
      lines[0]!,
      /^REPLICA +ROLE +EPOCH +TERM +LEADER +COMMIT +APPLIED +LOG HASH +CRYPTO +SUSPICION +ACCUSED$/,
    );
    assertMatch(lines[1]!, /^r1 +leader +1 +1 +r1 +0 +0 +cdcdcdcdcdcd +noble +- +r2$/);
    assert(!out.includes("\u001b"), "a replica does not steer the terminal");
    assertMatch(lines[3]!, /^r3 +disk refuses +- /);
    assertMatch(lines[4]!, /^r4 +unreachable$/);
    const value = await json("status") as unknown as StatusJson;
    assertEquals([value.ok, value.writable, value.verdict], [false, false, "no-quorum"]);
    assertEquals([value.reachable, value.quorum, value.replicas[3]?.reachable], [3, 3, false]);
    assertEquals(value.replicas.map(({ reason }) => reason), [null, "knows no leader", "disk refuses", "unreachable"]);
  }));

interface StatusJson {
  readonly ok: boolean;
  readonly writable: boolean;
  readonly verdict: string;
  readonly sentence: string;
  readonly reachable: number;
  readonly quorum: number;
  readonly replicas: {
    replica: string;
    reachable: boolean;
    role: string | null;
    full: boolean;
    reason: string | null;
  }[];
}

Deno.test("cli: status answers whether the cluster can write, by exit code, by one sentence and in JSON", async () => {
  await withCli({ scripts: { r4: SILENT } }, async (cli, json) => {
    const { code, out, err } = await cli("status");
    assertEquals([code, err], [0, ""]);
    assertStringIncludes(out.trimEnd().split("\n").at(-1)!, "writable: r1, r2, r3 follow r1 in term 1");
    const { ok, writable, sentence } = await json("status") as unknown as StatusJson;
    assertEquals([ok, writable], [true, true]);
    assertStringIncludes(out, sentence);
  });
  const learner: Script = {
    query: (reply) => ({ ...reply, payload: utf8.encode('{"role":"follower","recovery":{"bar":3},"leader":"r1"}') }),
  };
  await withCli({ scripts: { r3: learner, r4: SILENT } }, async (cli, json) => {
    const { code, err } = await cli("status");
    assertEquals(code, 3);
    assertStringIncludes(err, "r3: is a learner");
    const { ok, writable, replicas } = await json("status") as unknown as StatusJson;
    assertEquals([ok, writable, replicas[2]?.role, replicas[2]?.full], [false, false, "learner", false]);
  });
  const lost: Script = { query: (reply) => ({ ...reply, payload: utf8.encode('{"role":"follower","leader":null}') }) };
  await withCli({ scripts: { r1: lost, r2: lost, r3: lost } }, async (cli) => {
    const { code, err } = await cli("status");
    assertEquals(code, 1);
    assertStringIncludes(err, "no leader that a quorum of 3 follows");
  });
});

Deno.test("cli: status tells of replicas without their disk, and of those that fetch the state", () => {
  const says = (status: string): Script => ({ query: (reply) => ({ ...reply, payload: utf8.encode(status) }) });
  return withCli({
    scripts: {
      r1: says('{"role":"follower","stateTransfer":{"index":50},"recovery":{"bar":null}}'),
      r2: says('{"role":"follower","stateTransfer":null,"recovery":{"bar":3}}'),
      r3: says('{"role":"follower","stateTransfer":{"index":50},"recovery":null}'),
      r4: says('{"role":"follower","stateTransfer":null,"recovery":null}'),
    },
  }, async (cli) => {
    const lines = (await cli("status")).out.split("\n").slice(1, 5);
    assertEquals(lines.map((line) => line.split(/ {2,}/)[1]), [
      "fetching state",
      "learner",
      "fetching state",
      "follower",
    ]);
  });
});

Deno.test("cli: status without a quorum says so and ends with 3", () =>
  withCli({ scripts: { r2: SILENT, r3: SILENT, r4: SILENT } }, async (cli) => {
    const { code, err } = await cli("status");
    assertEquals(code, 3);
    assertStringIncludes(
      err,
      "status: not writable, no quorum: 1 of 4 replicas can take part, wanted 3; r2, r3, r4: did not answer",
    );
  }));

Deno.test("cli: no quorum in time is exit code 3 and says how many answered and how many are wanted", () =>
  withCli({ scripts: { r2: SILENT, r3: SILENT, r4: SILENT } }, async (cli, json) => {
    const { code, out, err } = await cli("--timeout-ms 1500 put a 1");
    assertEquals([code, out], [3, ""]);
    assertMatch(
      err,
      /no quorum in time: 1 of 4 replicas answered within \d+ ms, at most 1 of them alike; wanted 2 equal answers/,
    );
    assertStringIncludes(err, "may have been executed");
    const failed = await json("--timeout-ms 1500 put a 1") as { code: number; error: { code: string } };
    assertEquals([failed.code, failed.error.code], [3, "no-quorum"]);
  }));

Deno.test("cli: while too few replicas answer a person is told that it waits, and --json stays silent", () =>
  withFakeCluster({ scripts: { r2: SILENT, r3: SILENT, r4: SILENT } }, async (_, connect) => {
    const shown = async (...args: string[]) => {
      const lines: string[] = [];
      const client = () => Promise.resolve(connect("c1", { timings: { timeoutMs: 1500, statusMs: 200 } }));
      assertEquals((await run(client, args, "", true, (line) => void lines.push(line))).code, 3);
      return lines;
    };
    const put = await shown("put", "a", "1");
    assertEquals([put[0], put.at(-1)], ["no answer of a quorum after 1 s", ""]);
    assertEquals(await shown("--json", "put", "a", "1"), []);
  }));

Deno.test("cli: activate and deactivate need the operator's key", () =>
  withCli({}, async (cli, json) => {
    assertEquals(await cli("--key operator deactivate r2"), { code: 0, out: "r2 is inactive\n", err: "" });
    assertEquals(await json("--key operator activate r2"), { code: 0, ok: true, replica: "r2", active: true });
    const { code, err } = await cli("activate r2");
    assertEquals(code, 2);
    assertStringIncludes(err, "wanted the operator's");
    assertEquals((await cli("--key operator put a 1")).code, 2);
    assertEquals((await cli("--key operator activate r9")).code, 2);
  }));

Deno.test("cli: the shell answers each line in order and ends with the worst exit code", () =>
  withCli({}, async (cli) => {
    const script = [
      "# a comment",
      "",
      "put a 'x y'",
      "get a",
      "get b",
      'put "c',
      "list --limit 5",
      "exit",
      "put never 1",
    ].join("\n");
    const { code, out, err } = await cli("--json shell", script);
    assertEquals([code, err], [2, ""]);
    const values = out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals(values.map(({ ok }) => ok), [true, true, false, false, true]);
    assertEquals([values[1].value, values[2].found, values[3].error.code, values[4].items.length], [
      "x y",
      false,
      "usage",
      1,
    ]);
    const human = await cli("shell", "put a 1\nget a\nput k -\nshell\n");
    assertEquals([human.code, human.out], [2, 'put "a": revision 2, log index 7\n1\n']);
    assertStringIncludes(human.err, "standard input carries the commands");
    assertStringIncludes(human.err, "inside a shell");
  }));

Deno.test("cli: help needs no cluster", async () => {
  const unreachable: CliConnect = () => Promise.reject(new Error("must not connect"));
  const { code, out } = await run(unreachable, ["--help"]);
  assertEquals(code, 0);
  assertStringIncludes(out, "Exit codes: 0 done");
  assertStringIncludes((await run(unreachable, ["cas", "--help"])).out, "cas KEY REVISION VALUE");
  assertEquals(JSON.parse((await run(unreachable, ["--json", "--help"])).out).ok, true);
});

Deno.test("cli: configuration errors are exit code 2", async () => {
  const wrong: CliConnect = () => Promise.reject(new ConfigError("c1.key: given mode 0644, wanted a private file"));
  const { code, err } = await run(wrong, ["get", "a"]);
  assertEquals([code, err], [2, "client: c1.key: given mode 0644, wanted a private file"]);
});
