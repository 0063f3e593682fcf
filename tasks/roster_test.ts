/** The next roster, from its preparation to the operators' signatures. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readKeyFile } from "../crypto/keys/key_file.ts";
import { readRosterFile, readSignedRoster } from "../crypto/roster/parse_roster.ts";
import { requireSuccessor } from "../crypto/roster/roster_chain.ts";
import { nobleBackend } from "../crypto/signing/noble_backend.ts";
import { withTempDirectory } from "../tests/support/temp_directory.ts";
import { runRoster } from "./roster.ts";
import { keygen, type Run } from "./support/keygen_lab.ts";

/** A cluster of four with two clients, a second operator, and requests of r5, of r2 with new keys and of c3. */
class Desk {
  readonly dir: string;
  readonly now: string;

  constructor(dir: string) {
    this.dir = dir;
    this.now = `${dir}/cluster.json`;
  }

  async fill(): Promise<void> {
    const { dir } = this;
    await keygen("--out", dir, "--cluster", "x");
    await keygen("operator", "--cluster", "x", "--out", `${dir}/b`);
    const { publicKey } = await readKeyFile(`${dir}/operator.key`);
    const trust = ["--operator-key", publicKey, "--cluster", "x", "--out", `${dir}/new`];
    for (const id of ["r5", "r2"]) {
      await keygen("request", "--id", id, "--kind", "replica", "--host", `${id}.example`, ...trust);
    }
    await keygen("request", "--id", "c3", "--kind", "client", ...trust);
  }

  request = (id: string) => `${this.dir}/new/${id}.request.json`;
  file = (name: string) => readRosterFile(`${this.dir}/${name}`, nobleBackend);
  signed = (name: string) => readSignedRoster(`${this.dir}/${name}`, null, nobleBackend);

  async run(...args: string[]): Promise<Run> {
    const [out, error]: [string[], string[]] = [[], []];
    const code = await runRoster(args, { out: (line) => out.push(line), error: (line) => error.push(line) });
    return { code, out: out.join("\n"), error: error.join("\n") };
  }

  /** Prepares the roster behind `cluster.json`. */
  prepare = (out: string, ...verb: string[]): Promise<Run> =>
    this.run(...verb, "--roster", this.now, "--out", `${this.dir}/${out}`);

  sign = (operator: string, next: string, out: string): Promise<Run> =>
    keygen(
      ...["sign", "--operator", `${this.dir}/${operator}`, "--roster", this.now],
      ...["--next", `${this.dir}/${next}`, "--out", `${this.dir}/${out}`],
    );
}

const withDesk = (body: (desk: Desk) => Promise<void>): Promise<void> =>
  withTempDirectory(async (dir) => {
    const desk = new Desk(dir);
    await desk.fill();
    await body(desk);
  });

Deno.test("a roster is prepared without a key, shown in words, signed, and follows", () =>
  withDesk(async (desk) => {
    const added = await desk.prepare("next.json", "add", desk.request("r5"), desk.request("c3"));
    assertEquals(added.code, 0, added.error);
    const lines = added.out.split("\n");
    assertMatch(lines[0]!, /^adds replica r5 at r5\.example:17000, 17001 and 17002, fingerprint [0-9A-Z-]{29}$/);
    assertMatch(lines[1]!, /^adds client c3, fingerprint /);
    assertEquals(lines.slice(2, 4), [
      "n 4 becomes 5, f stays 1, Q 3 becomes 4",
      "warning: this roster has n = 5: f stays 1, as with 4, and 4 have to be up",
    ]);
    assertStringIncludes(added.out, "epoch 2 of cluster x, 5 replicas, 3 clients, unsigned, fingerprint ");
    assertStringIncludes(added.out, `keygen sign --operator FILE --roster ${desk.now} --next ${desk.dir}/next.json`);
    assertEquals((await desk.file("next.json")).signatures.size, 0);
    const { code, out } = await desk.sign("operator.key", "next.json", "signed.json");
    assertEquals(code, 0);
    assertStringIncludes(out, "signed epoch 2 of cluster x: 5 replicas, 3 clients");
    assert(!out.includes("not complete"), out);
    requireSuccessor(await desk.signed("cluster.json"), await desk.signed("signed.json"));
    assertEquals((await desk.signed("signed.json")).digest, (await desk.file("next.json")).digest);
  }));

Deno.test("every verb prepares what it says", () =>
  withDesk(async (desk) => {
    const request = desk.request;
    const operator = `${desk.dir}/b/operator.public.json`;
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [["remove", "r1", "r2"], /^removes replica r1.+\nremoves replica r2.+\nn 4 becomes 2, f 1 becomes 0/],
      [["replace", "r1", "--with", request("r5")], /^replaces replica r1, .+ by replica r5 at r5\.example/],
      [["move", "r1", "--host", "h", "--peer-port", "9"], /^moves replica r1 from .+ to h:9, 17001 and 17002\n/],
      [["rotate", "r2", "--with", request("r2")], /^rotates the keys of replica r2: .+\nn stays 4/],
      [["rotate", "operator", "--with", operator], /^rotates the keys of the operator: /],
      [["client", "add", request("c3")], /^adds client c3, .+\nn stays 4/],
      [
        ["client", "revoke", "c1", "c2"],
        /^revokes client c1.+\nrevokes client c2.+\nn stays.+\nwarning: no client is left\n/,
      ],
      [["set", "logTail=5", "fastReads=true"], /^sets logTail from 1000 to 5\nsets fastReads from false to true\n/],
      [
        ["operators", "--threshold", "2", "--with", operator],
        /^adds the operator .+\noperators .+ 1 of 1 becomes 2 of 2\n/,
      ],
      [["renew"], /^changes nothing but the epoch\nn stays 4/],
    ];
    for (const [at, [verb, words]] of cases.entries()) {
      const { code, out, error } = await desk.prepare(`${at}.json`, ...verb);
      assertEquals([code, error], [0, ""], verb.join(" "));
      assertMatch(out, words);
      assertEquals((await desk.file(`${at}.json`)).roster.epoch, 2);
    }
  }));

Deno.test("a roster that is signed is followed by the steps that make it take effect, in their order; one that lacks a signature by none", () =>
  withDesk(async (desk) => {
    const { dir, request } = desk;
    const [added, change, rotated] = [
      `before it, so that the new replica waits there: deno task replica --cluster ${dir}/s.json --key r5.key --data r5`,
      `deno task client --cluster FILE --key FILE reconfigure ${dir}/s.json`,
      `after it, once the process with the old key has ended, with the new key: deno task replica --cluster ${dir}/s.json --key r2.key`,
    ] as const;
    const cases: readonly (readonly [readonly string[], readonly string[], readonly string[]])[] = [
      [["renew"], [change], [added, rotated]],
      [["client", "revoke", "c1"], [change], [added, rotated]],
      [["add", request("r5")], [added, change], [rotated]],
      [["replace", "r1", "--with", request("r5")], [added, change], [rotated]],
      [["rotate", "r2", "--with", request("r2")], [change, rotated], [added]],
    ];
    for (const [at, [verb, said, unsaid]] of cases.entries()) {
      const prepared = await desk.prepare(`${at}.json`, ...verb);
      assertStringIncludes(prepared.out, "--out SIGNED\nit takes effect by a change of the running cluster");
      const { out } = await desk.sign("operator.key", `${at}.json`, "s.json");
      const places = said.map((line) => out.indexOf(line));
      assert(places.every((place, i) => place > (places[i - 1] ?? 0)), out);
      for (const line of unsaid) assert(!out.includes(line), out);
      await Deno.remove(`${dir}/s.json`);
    }
    await desk.prepare("two.json", "operators", "--threshold", "2", "--with", `${dir}/b/operator.public.json`);
    const { out } = await desk.sign("operator.key", "two.json", "s.json");
    assert(out.includes("not complete") && !out.includes("reconfigure"), out);
  }));

Deno.test("drafts go on from each other, and --check and --json tell the same without a file", () =>
  withDesk(async (desk) => {
    await desk.prepare("1.json", "add", desk.request("r5"));
    await desk.prepare("2.json", "remove", "r1", "--draft", `${desk.dir}/1.json`);
    const { roster, digest } = await desk.file("2.json");
    assertEquals([roster.epoch, roster.replicas.map(({ id }) => String(id))], [2, ["r2", "r3", "r4", "r5"]]);
    const args = ["renew", "--roster", desk.now, "--draft", `${desk.dir}/2.json`, "--check", "--json"];
    const { out } = await desk.run(...args);
    const { lines, warnings, ...facts } = JSON.parse(out);
    const { digest: previous } = await desk.signed("cluster.json");
    assertEquals(facts, { out: null, cluster: "x", epoch: 2, previous, digest });
    assertEquals([lines.length, lines[2], warnings], [3, "n stays 4, f stays 1, Q stays 3", []]);
    assertEquals((await desk.run(...args.slice(0, -1))).out.split("\n").slice(0, 3), lines);
  }));

Deno.test("several operators sign one after the other; each sees what is missing, none signs twice", () =>
  withDesk(async (desk) => {
    await desk.prepare("next.json", "operators", "--threshold", "2", "--with", `${desk.dir}/b/operator.public.json`);
    const first = await desk.sign("b/operator.key", "next.json", "1.json");
    assertStringIncludes(
      first.out,
      "not complete: given the signatures of 0, wanted those of the operator of the roster before",
    );
    const second = await desk.sign("operator.key", "1.json", "2.json");
    assert(!second.out.includes("not complete"), second.out);
    requireSuccessor(await desk.signed("cluster.json"), await desk.signed("2.json"));
    const again = await desk.sign("operator.key", "2.json", "3.json");
    assertEquals(again.code, 2);
    assertStringIncludes(again.error, "which signed this roster already, wanted another");
    const half = await desk.sign("operator.key", "next.json", "half.json");
    assertStringIncludes(
      half.out,
      "not complete: given the signatures of 1, wanted those of 2 of the 2 operators of the roster itself",
    );
    const check = await keygen("sign", "--check", "--roster", desk.now, "--next", `${desk.dir}/half.json`);
    assertEquals(check.code, 0);
    assertStringIncludes(check.out, "operators that have to sign: 1 of 1 becomes 2 of 2");
    const { out } = await desk.run("show", `${desk.dir}/2.json`, `${desk.dir}/half.json`, `${desk.dir}/next.json`);
    for (const text of ["signed by 2 of 2 operators, 2 of", "signed by 1 of 2 operators, 2 of", "epoch 2, unsigned"]) {
      assertStringIncludes(out, text);
    }
    assertMatch(out, /^ {2}replica r4 {2}127\.0\.0\.1:17009, 17010 and 17011 {2}[0-9A-Z-]{29}$/m);
    const more = ["--roster", `${desk.dir}/2.json`, "--out", `${desk.dir}/c3.json`];
    assertEquals((await desk.run("client", "add", desk.request("c3"), ...more)).code, 0);
    assertEquals((await desk.file("c3.json")).roster.operatorThreshold, 2);
  }));

Deno.test("what cannot be is refused with 2 and by name, and nothing is written", () =>
  withDesk(async (desk) => {
    const { dir, now } = desk;
    await desk.prepare("renewed.json", "renew");
    await desk.sign("operator.key", "renewed.json", "signed.json");
    const out = ["--roster", now, "--out", `${dir}/x.json`];
    const next = ["--roster", now, "--next", `${dir}/renewed.json`];
    const cases: readonly (readonly [readonly string[], string])[] = [
      [[], "roster: given nothing, wanted one of add, remove"],
      [["client", "bribe", "c1"], "roster: client bribe: given an unknown verb"],
      [["remove", "r9", ...out], "roster: replica r9: given an id that the roster does not list"],
      [["remove", ...out], "roster: given nothing, wanted ids of replicas"],
      [["remove", "r1", "r2", "r3", "r4", ...out], "given replicas that stay with both keys 1, wanted at least 2"],
      [["replace", "r1", "r2", "--with", "x", ...out], "roster: r2: given beside r1, wanted the id of a replica alone"],
      [["replace", "r1", ...out], "roster: --with: given nothing, wanted the request"],
      [["move", "r1", ...out], "roster: given no address, wanted --host"],
      [["move", "r1", "--host", "h", "--with", "x", ...out], "roster: --with: given to a verb that has no use for it"],
      [["set", "logTail", ...out], "roster: logTail: given no NAME=VALUE"],
      [["set", "logTail=0", ...out], "roster: $.roster.constants.logTail: given 0"],
      [["set", "profile=crash", ...out], "roster: roster behind epoch 1: given profile crash, wanted byzantine"],
      [["renew", "r1", ...out], "roster: r1: given for renew, wanted nothing"],
      [["renew", "--out", `${dir}/x.json`], "roster: --roster: given nothing"],
      [["renew", "--roster", now], "roster: --out: given nothing"],
      [["renew", "--roster", now, "--out", now], "given a file that exists"],
      [["renew", ...out, "--draft", now], "roster: roster behind epoch 1: given epoch 1, wanted 2"],
      [["renew", "--roster", `${dir}/renewed.json`, "--check"], 'renewed.json: $: given no field "signature"'],
      [["show"], "roster: given no file"],
    ];
    for (const [args, message] of cases) {
      const { code, out, error } = await desk.run(...args);
      assertEquals([code, out], [2, ""], args.join(" "));
      assertStringIncludes(error, message);
    }
    const signing: readonly (readonly [readonly string[], string])[] = [
      [["--next", `${dir}/renewed.json`, "--check"], "--roster: given nothing"],
      [[...next], "--out: given nothing"],
      [[...next, "--out", `${dir}/x.json`], "--operator: given nothing"],
      [[...next, "--check", "--request", "x"], "request: given with --next, wanted the prepared roster alone"],
      [[...next, "--check", "--log-tail", "7"], "log-tail: given with --next"],
      [[...next, "--operator", `${dir}/b/operator.key`, "--out", `${dir}/x.json`], "wanted one that a roster lists"],
      [[...next, "--operator", `${dir}/r1.key`, "--out", `${dir}/x.json`], "given the key of replica r1"],
      [["--roster", `${dir}/signed.json`, "--next", `${dir}/renewed.json`, "--check"], "given epoch 2, wanted 3"],
    ];
    for (const [args, message] of signing) {
      const { code, error } = await keygen("sign", ...args);
      assertEquals(code, 2, args.join(" "));
      assertStringIncludes(error, message);
    }
    assertEquals([...Deno.readDirSync(dir)].some(({ name }) => name === "x.json"), false);
  }));

Deno.test("--help lists every verb and flag", async () => {
  const { out } = await new Desk("").run("--help");
  const words = [
    "add",
    "remove",
    "replace",
    "move",
    "rotate",
    "client add",
    "client revoke",
    "client restrict",
    "client grant",
    "client withdraw",
    "client unrestrict",
    "set",
    "operators",
    "renew",
  ];
  for (const word of [...words, "show", "--draft", "--check", "--json", "--with", "--threshold"]) {
    assertStringIncludes(out, word);
  }
});
