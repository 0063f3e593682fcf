/** Each party makes its own keys, and the operator signs what it is asked. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readKeyFile } from "../../crypto/keys/key_file.ts";
import { requireMember } from "../../crypto/roster/key_ring.ts";
import { readSignedRoster } from "../../crypto/roster/parse_roster.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { withTempDirectory } from "../../tests/support/temp_directory.ts";
import { keygen, type Run } from "../support/keygen_lab.ts";

const FINGERPRINT = /[0-9A-HJKMNP-TV-Z]{5}(?:-[0-9A-HJKMNP-TV-Z]{5}){4}/;

const printOf = ({ out }: Run): string => FINGERPRINT.exec(out)![0];

/** The parties of a cluster, each with a directory of its own. */
class Parties {
  readonly dir: string;
  operatorKey = "";

  constructor(dir: string) {
    this.dir = dir;
  }

  async operator(): Promise<Run> {
    const run = await keygen("operator", "--cluster", "own", "--out", `${this.dir}/operator`);
    this.operatorKey = (await readKeyFile(`${this.dir}/operator/operator.key`)).publicKey;
    return run;
  }

  request(id: string, kind: "replica" | "client", ...more: string[]): Promise<Run> {
    const host = kind === "replica" ? ["--host", `${id}.example`] : [];
    const trust = ["--operator-key", this.operatorKey, "--cluster", "own"];
    return keygen("request", "--id", id, "--kind", kind, ...trust, "--out", `${this.dir}/${id}`, ...host, ...more);
  }

  /** Signs `out` for these ids. */
  sign(out: string, ids: readonly string[], ...more: string[]): Promise<Run> {
    const requests = ids.map((id) => `${this.dir}/${id}/${id}.request.json`);
    const key = `${this.dir}/operator/operator.key`;
    return keygen("sign", "--operator", key, "--out", `${this.dir}/${out}`, ...more, "--request", ...requests);
  }

  roster = (name: string) => readSignedRoster(`${this.dir}/${name}`, this.operatorKey, nobleBackend);
}

const withParties = (body: (parties: Parties) => Promise<void>): Promise<void> =>
  withTempDirectory(async (dir) => {
    const parties = new Parties(dir);
    await parties.operator();
    await body(parties);
  });

Deno.test("four replicas and a client ask, the operator signs, and every key fits the roster", () =>
  withParties(async (parties) => {
    const ids = ["r1", "r2", "r3", "r4"];
    for (const id of ids) assertEquals((await parties.request(id, "replica")).code, 0);
    const client = await parties.request("c1", "client");
    const { code, out } = await parties.sign("cluster.json", [...ids, "c1"], "--fast-reads");
    assertEquals(code, 0);
    assertStringIncludes(out, "adds replica r1 at r1.example:17000, 17001 and 17002  fingerprint ");
    assertMatch(out, new RegExp(`^adds client c1 +fingerprint ${printOf(client)}$`, "m"));
    assertStringIncludes(out, "signed epoch 1 of cluster own: 4 replicas, 1 client");
    const { roster } = await parties.roster("cluster.json");
    assertEquals([roster.epoch, roster.previous, roster.constants.fastReads], [1, null, true]);
    for (const id of [...ids, "c1"]) requireMember(roster, await readKeyFile(`${parties.dir}/${id}/${id}.key`));
    requireMember(roster, await readKeyFile(`${parties.dir}/operator/operator.key`));
    const names = [...Deno.readDirSync(`${parties.dir}/r1`)].map(({ name }) => name).sort();
    assertEquals(names, ["r1.key", "r1.new", "r1.request.json"]);
    assertEquals([...Deno.readDirSync(`${parties.dir}/c1`)].length, 2);
  }));

Deno.test("--check shows what would be signed and signs nothing; a later roster is made by roster, not of requests", () =>
  withParties(async (parties) => {
    await parties.request("r1", "replica");
    const check = await parties.sign("1.json", ["r1"], "--check");
    assertStringIncludes(check.out, "would sign epoch 1 of cluster own: 1 replica, 0 clients");
    assertEquals([...Deno.readDirSync(parties.dir)].some(({ name }) => name === "1.json"), false);
    await parties.sign("1.json", ["r1"]);
    await parties.request("c1", "client");
    const second = await parties.sign("2.json", ["c1"], "--roster", `${parties.dir}/1.json`);
    assertEquals([second.code, second.out], [2, ""]);
    assertStringIncludes(
      second.error,
      "1.json without --next, wanted with --next FILE, which deno task roster prepares",
    );
  }));

Deno.test("show gives one fingerprint for key file, request and roster, never a secret, sealed or not", () =>
  withParties(async (parties) => {
    const secret = `${parties.dir}/passphrase`;
    await Deno.writeTextFile(secret, "a passphrase", { mode: 0o600 });
    const asked = await parties.request("r1", "replica", "--passphrase-file", secret);
    await parties.sign("cluster.json", ["r1"]);
    const folder = `${parties.dir}/r1`;
    const files = [`${folder}/r1.key`, `${folder}/r1.request.json`];
    for (const file of files) assertEquals(printOf(await keygen("show", file)), printOf(asked));
    const roster = await keygen("show", `${parties.dir}/cluster.json`);
    assertMatch(roster.out, new RegExp(`^  replica r1  ${printOf(asked)}$`, "m"));
    const operator = `${parties.dir}/operator`;
    const own = printOf(await keygen("show", `${operator}/operator.key`));
    assertEquals(printOf(await keygen("show", `${operator}/operator.public.json`)), own);
    assertStringIncludes(roster.out, own);
    const all = [...files, `${parties.dir}/cluster.json`, `${operator}/operator.key`];
    const json = await keygen("show", ...all, "--json");
    const kinds = JSON.parse(json.out).files.map(({ what, sealed }: Record<string, unknown>) => [what, sealed]);
    assertEquals(kinds, [["key", true], ["request", undefined], ["roster", undefined], ["key", false]]);
    const { secretKey, curveSecretKey } = await readKeyFile(`${operator}/operator.key`);
    for (const hidden of [secretKey, curveSecretKey]) assert(!json.out.includes(hidden));
  }));

Deno.test("with --json each subcommand prints one value", () =>
  withTempDirectory(async (dir) => {
    const operator = await keygen("operator", "--cluster", "j", "--out", dir, "--json");
    const { operatorKey, fingerprint } = JSON.parse(operator.out);
    assertMatch(fingerprint, FINGERPRINT);
    const trust = ["--operator-key", operatorKey, "--cluster", "j", "--out", dir, "--json"];
    const asked = JSON.parse(
      (await keygen("request", "--id", "r1", "--kind", "replica", "--host", "::1", ...trust)).out,
    );
    const files = ["--operator", `${dir}/operator.key`, "--out", `${dir}/cluster.json`, asked.requestFile];
    const signed = JSON.parse((await keygen("sign", ...files, "--json")).out);
    assertEquals([signed.signed, signed.epoch, signed.previous, signed.changes.length], [true, 1, null, 1]);
    assertEquals(signed.changes[0].fingerprint, asked.fingerprint);
    assertEquals((await readSignedRoster(`${dir}/cluster.json`, operatorKey, nobleBackend)).digest, signed.digest);
  }));

for (const name of ["operator", "request", "sign", "show"]) {
  Deno.test(`keygen ${name} --help tells and does nothing`, async () => {
    const { code, out, error } = await keygen(name, "--wrong", "--help");
    assertEquals([code, error], [0, ""]);
    assertMatch(out, new RegExp(`^Usage: keygen ${name} `, "m"));
    assertStringIncludes(out, "Exit codes: 0 ");
  });
}
