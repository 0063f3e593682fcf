/** Refusals of keygen's subcommands, each with what was given and what is wanted. */
import { assert, assertEquals } from "@std/assert";
import { readKeyFile } from "../../crypto/keys/key_file.ts";
import { signRequest } from "../../crypto/roster/key_request.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { withTempDirectory } from "../../tests/support/temp_directory.ts";
import { keygen } from "../support/keygen_lab.ts";

const ADDRESS = { host: "a", peerPort: 1, publishPort: 2, clientPort: 3 };

interface Desk {
  readonly dir: string;
  readonly operatorKey: string;
}

/** A directory with an operator, the request of r1 and c1, and the first roster with r1. */
const withDesk = (body: (desk: Desk) => Promise<void>): Promise<void> =>
  withTempDirectory(async (dir) => {
    await keygen("operator", "--cluster", "x", "--out", dir);
    const { publicKey: operatorKey } = await readKeyFile(`${dir}/operator.key`);
    const trust = ["--operator-key", operatorKey, "--cluster", "x", "--out", dir];
    await keygen("request", "--id", "r1", "--kind", "replica", "--host", "a", "--peer-port", "1", ...trust);
    await keygen("request", "--id", "c1", "--kind", "client", ...trust);
    await keygen("sign", "--operator", `${dir}/operator.key`, "--out", `${dir}/1.json`, `${dir}/r1.request.json`);
    await body({ dir, operatorKey });
  });

async function refused(args: readonly string[], message: string): Promise<void> {
  const { code, out, error } = await keygen(...args);
  assertEquals([code, out], [2, ""], error);
  assert(error.includes(message), `${error} should say ${message}`);
}

Deno.test("request: wrong usage is refused, and nothing is written", () =>
  withDesk(async ({ dir, operatorKey }) => {
    const out = ["--out", `${dir}/new`];
    const base = ["request", "--cluster", "x", ...out, "--operator-key", operatorKey];
    const client = [...base, "--kind", "client"];
    const replica = [...base, "--kind", "replica", "--id", "r5"];
    const cases: readonly (readonly [readonly string[], string])[] = [
      [base, "keygen request: --kind: given nothing, wanted replica or client"],
      [[...base, "--kind", "operator", "--id", "x"], '--kind: given "operator", wanted replica or client'],
      [client, "--id: given nothing"],
      [[...client, "--id", "operator"], '--id: given "operator", wanted an id other'],
      [[...client, "--id", "é"], '--id: given "é", wanted 1 to 64 of'],
      [[...client, "--id", "../c9"], '--id: given "../c9"'],
      [[...client, "--id", "c9", "--host", "a"], "--host: given for a client, wanted for a replica only"],
      [[...client, "--id", "c9", "--client-port", "7"], "--client-port: given for a client"],
      [[...client, "--id", "c9", "extra"], "extra: given an unknown argument"],
      [replica, "--host: given nothing, wanted the host"],
      [[...replica, "--host", "0.0.0.0"], '--host: given "0.0.0.0"'],
      [[...replica, "--host", "a", "--peer-port", "65535"], "$.request.publishPort: given 65536"],
      [[...replica, "--host", "a", "--peer-port", "1e3"], '--peer-port: given "1e3", wanted an integer'],
      [["request", "--cluster", "x", ...out, "--kind", "client", "--id", "c9"], "--operator-key: given nothing"],
      [
        ["request", ...out, "--kind", "client", "--id", "c9", "--operator-key", operatorKey],
        "--cluster: given nothing",
      ],
    ];
    for (const [args, message] of cases) await refused(args, message);
    for (const key of [operatorKey.toUpperCase(), operatorKey.slice(2), `05${operatorKey.slice(2)}`, "x"]) {
      const args = ["request", "--cluster", "x", ...out, "--kind", "client", "--id", "c9", "--operator-key", key];
      await refused(args, `--operator-key: given "${key}", wanted 66 lower-case`);
    }
    assertEquals([...Deno.readDirSync(dir)].some(({ name }) => name === "new"), false);
  }));

Deno.test("sign: requests that do not fit are refused by name", () =>
  withDesk(async ({ dir, operatorKey }) => {
    const sign = ["sign", "--operator", `${dir}/operator.key`, "--out", `${dir}/2.json`];
    const [r1, c1] = [`${dir}/r1.request.json`, `${dir}/c1.request.json`];
    const cases: readonly (readonly [readonly string[], string])[] = [
      [["sign", r1], "--out: given nothing"],
      [["sign", "--out", `${dir}/2.json`, r1], "--operator: given nothing"],
      [["sign", "--operator", `${dir}/operator.key`, "--out", `${dir}/1.json`, r1], "1.json: given a file that exists"],
      [
        ["sign", "--operator", `${dir}/r1.key`, "--out", `${dir}/2.json`, r1],
        "given the key of replica r1, wanted the op",
      ],
      [sign, "--request: given nothing, wanted the requests"],
      [[...sign, c1], "requests: given none of a replica, wanted at least one"],
      [[...sign, r1, r1], "request of replica r1: given two of this id, wanted one of each"],
      [[...sign, `${dir}/operator.public.json`], "request of operator operator: given the operator's own keys"],
      [[...sign, `${dir}/1.json`], `${dir}/1.json: `],
      [[...sign, `${dir}/none.json`], `${dir}/none.json: given the name of no file`],
      [[...sign, "--roster", `${dir}/1.json`, c1], "--roster: given"],
    ];
    for (const [args, message] of cases) await refused(args, message);
    await keygen("operator", "--cluster", "x", "--out", `${dir}/other`);
    await refused(
      ["sign", "--operator", `${dir}/other/operator.key`, "--out", `${dir}/2.json`, r1],
      `request of replica r1: given one that pins operator ${operatorKey}, wanted this operator's`,
    );
  }));

Deno.test("sign: no id or key is taken twice or carried into another cluster", () =>
  withDesk(async ({ dir, operatorKey }) => {
    const listed = `${dir}/r1.request.json`;
    const sign = ["sign", "--operator", `${dir}/operator.key`, "--out", `${dir}/2.json`, listed];
    const [r1, c1] = [await readKeyFile(`${dir}/r1.key`), await readKeyFile(`${dir}/c1.key`)];
    const path = `${dir}/made.json`;
    const asks = async (key: typeof r1, message: string, address: typeof ADDRESS | null = ADDRESS) => {
      await Deno.writeTextFile(path, signRequest(key, address, nobleBackend));
      await refused([...sign, path], message);
    };
    await asks({ ...c1, kind: "replica", id: "r1" }, "request of replica r1: given two of this id, wanted one of each");
    await asks({ ...r1, id: "r2" }, "given the public key", { ...ADDRESS, host: "b" });
    const mixed = { ...c1, id: "c2", curvePublicKey: r1.curvePublicKey };
    await asks({ ...mixed, kind: "client" }, "given the CURVE key", null);
    await asks({ ...c1, id: "r1" }, "request of client r1: given two of this id", null);
    await asks({ ...c1, cluster: "y" }, "request of client c1: given one for cluster y, wanted one for x", null);
    await asks({ ...c1, curvePublicKey: (await readKeyFile(`${dir}/operator.key`)).curvePublicKey }, "CURVE key", null);
    assert(operatorKey === r1.operatorKey);
  }));

Deno.test("sign: a request that was altered, cut, doubled or signed by another key is refused", () =>
  withDesk(async ({ dir }) => {
    const sign = ["sign", "--operator", `${dir}/operator.key`, "--out", `${dir}/2.json`, `${dir}/r1.request.json`];
    const text = await Deno.readTextFile(`${dir}/c1.request.json`);
    const { request, signature } = JSON.parse(text);
    const other = JSON.parse(await Deno.readTextFile(`${dir}/r1.request.json`));
    const wrong = "$.signature: given one that does not verify, wanted the requester's own signature";
    const cases: readonly (readonly [string, string])[] = [
      [JSON.stringify({ request: { ...request, id: "c2" }, signature }), wrong],
      [JSON.stringify({ request: { ...request, curveKey: other.request.curveKey }, signature }), wrong],
      [JSON.stringify({ request, signature: other.signature }), wrong],
      [JSON.stringify({ request, signature: signature.toUpperCase() }), "wanted 128 lower-case hexadecimal digits"],
      [JSON.stringify({ request: { ...request, version: 2 }, signature }), "$.request.version: given 2, wanted 1"],
      [JSON.stringify({ request: { ...request, kind: "replica" }, signature }), '$.request: given no field "host"'],
      [JSON.stringify({ request: { ...request, host: "a" }, signature }), 'given an unknown field "host"'],
      [JSON.stringify({ request: { ...request, id: "ç1" }, signature }), '$.request.id: given "ç1"'],
      [JSON.stringify({ request: { ...request, id: "operator" }, signature }), "wanted the id of a client"],
      [JSON.stringify({ request: { ...request, operatorKey: request.publicKey }, signature }), "$.request.operatorKey"],
      [JSON.stringify({ request: { ...request, curveKey: "0".repeat(64) }, signature }), "wanted a CURVE public key"],
      [JSON.stringify({ request: { ...request, publicKey: `02${"f".repeat(64)}` }, signature }), "a compressed point"],
      [JSON.stringify({ request: [], signature }), "$.request: given a list of 0, wanted an object"],
      [text.replace('"id": "c1"', '"id": "c1", "id": "c1"'), 'given a field "id" twice'],
      [text.slice(0, -3), "that are no JSON"],
      [" ".repeat(5000), "given more than 4096 bytes"],
    ];
    for (const [content, message] of cases) {
      await Deno.writeTextFile(`${dir}/bad.json`, content);
      await refused([...sign, `${dir}/bad.json`], message);
    }
  }));

Deno.test("show: what is none of these files is refused", () =>
  withDesk(async ({ dir }) => {
    await refused(["show"], "given no file, wanted key files, requests or rosters");
    await refused(["show", "--secret", `${dir}/r1.key`], "--secret: given an unknown argument");
    for (
      const [content, message] of [["{}", "given none of them, wanted a key file"], ["{", "no JSON"], ["7", "none of"]]
    ) {
      await Deno.writeTextFile(`${dir}/bad`, content!, { mode: 0o600 });
      await refused(["show", `${dir}/bad`], message!);
    }
    if (Deno.build.os === "windows") return; // no permission bits there
    await Deno.chmod(`${dir}/r1.key`, 0o644);
    await refused(["show", `${dir}/r1.key`], "wanted a secret key that only its owner can read");
  }));
