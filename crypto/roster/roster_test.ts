import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { ProtocolConstants } from "../../protocol/config.ts";
import { clientId, replicaId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { backend, BACKENDS } from "../../tests/support/backends.ts";
import { newPublicKeys } from "../../tests/support/make_roster.ts";
import { withTempDirectory } from "../../tests/support/temp_directory.ts";
import { ConfigError } from "../config_error.ts";
import { hex } from "../digest.ts";
import { generateKeyPair } from "../keys/key_pair.ts";
import { createSigner } from "../signing/signing.ts";
import { DEFAULT_CONSTANTS } from "./constants.ts";
import { parseRoster, readRoster } from "./parse_roster.ts";
import { createRoster, rosterBody, type RosterParts, signRoster } from "./roster.ts";
import type { RosterReplica } from "./roster_types.ts";

const operator = generateKeyPair(backend);
const operatorKey = hex(operator.publicKey);
const operatorCurveKey = newPublicKeys().curveKey;

const replica = (i: number): RosterReplica => ({
  id: replicaId(`r${i}`),
  ...newPublicKeys(),
  host: "127.0.0.1",
  peerPort: 7000 + 3 * i,
  publishPort: 7001 + 3 * i,
  clientPort: 7002 + 3 * i,
});
const parts: RosterParts = {
  cluster: "test",
  replicas: [1, 2, 3, 4].map(replica),
  clients: ["c1", "c2"].map((id) => ({ id: clientId(id), ...newPublicKeys() })),
  ...{ operatorKey, operatorCurveKey },
};
const roster = createRoster(parts, backend);
const text = signRoster(roster, operator.secretKey, backend);

/** The text of the roster changed by `change`, with the old signature. */
function changed(change: (roster: Record<string, unknown>) => void): string {
  const file = JSON.parse(text);
  change(file.roster);
  return JSON.stringify(file);
}

const refused = (given: string, message: string) =>
  assertThrows(() => parseRoster(given, operatorKey, backend), ConfigError, message);

Deno.test("a signed roster reads back with default constants, on every backend, whatever its layout", () => {
  const { roster: inner, signature } = JSON.parse(text);
  const reordered = { signature, roster: Object.fromEntries(Object.entries(inner).reverse()) };
  for (const each of BACKENDS) {
    assertEquals(parseRoster(text, operatorKey, each), roster);
    assertEquals(parseRoster(JSON.stringify(reordered), null, each), roster);
  }
  assertEquals(roster.constants, DEFAULT_CONSTANTS);
});

/** Every leaf of a JSON value, with a function that replaces it. */
function* leaves(value: unknown, path: string): Generator<[string, unknown, (next: unknown) => void]> {
  for (const [name, member] of Object.entries(value as Record<string, unknown>)) {
    const at = `${path}.${name}`;
    if (typeof member === "object" && member !== null) yield* leaves(member, at);
    else yield [at, member, (next) => (value as Record<string, unknown>)[name] = next];
  }
}

function otherValue(value: unknown): unknown {
  if (typeof value === "number") return value + 2;
  if (typeof value === "boolean") return !value;
  return String(value).replace(/.$/, (last) => last === "0" ? "1" : "0");
}

Deno.test("every changed value is refused: it does not fit, or the signature does not", () => {
  const file = JSON.parse(text);
  const paths: string[] = [];
  for (const [path, value, replace] of leaves(file, "$")) {
    replace(otherValue(value));
    refused(JSON.stringify(file), "$");
    replace(value);
    paths.push(path);
  }
  assertEquals(parseRoster(JSON.stringify(file), operatorKey, backend), roster);
  assertEquals(
    paths.length,
    5 + 15 + 4 * 7 + 2 * 3 + 2 + 1,
    "version, cluster, epoch, previous, allowPlaintext; constants, members, operator, signature",
  );
});

Deno.test("members removed, added, repeated or in another order do not pass", () => {
  for (const name of ["replicas", "clients"] as const) {
    refused(changed((inner) => (inner[name] as unknown[]).pop()), "$.signature: given one that does not verify");
    refused(changed((inner) => (inner[name] as unknown[]).reverse()), "$.signature: given one that does not verify");
    refused(changed((inner) => (inner[name] as unknown[]).push((inner[name] as unknown[])[0])), "a second time");
  }
  const stranger = { id: "c3", ...newPublicKeys() };
  refused(changed((inner) => (inner["clients"] as unknown[]).push(stranger)), "$.signature: given one");
});

/** Constants that may be absent, though not from a roster that was signed with them. */
const LATER: ReadonlySet<string> = new Set([
  ...["profile", "checkpointEvery", "logTail", "sessionsPerClient", "registrationHorizon"],
  ...["officeEntries", "officeMs", "paceMs"],
]);

Deno.test("unknown and missing fields are refused at every level", () => {
  const levels: readonly (readonly [string, (file: Record<string, never>) => Record<string, unknown>])[] = [
    ["$", (file) => file],
    ["$.roster", (file) => file["roster"]!],
    ["$.roster.constants", (file) => file["roster"]!["constants"]],
    ["$.roster.replicas[2]", (file) => file["roster"]!["replicas"][2]],
    ["$.roster.clients[1]", (file) => file["roster"]!["clients"][1]],
  ];
  for (const [path, level] of levels) {
    const added = JSON.parse(text);
    level(added)["surprise"] = 1;
    refused(JSON.stringify(added), `${path}: given an unknown field "surprise", wanted exactly the fields`);
    for (const name of Object.keys(level(JSON.parse(text)))) {
      const removed = JSON.parse(text);
      delete level(removed)[name];
      const message = LATER.has(name)
        ? "$.signature: given one that does not verify"
        : name === "version"
        ? "$.roster.version: given nothing"
        : `${path}: given no field "${name}"`;
      refused(JSON.stringify(removed), message);
    }
  }
  refused('{"__proto__": 1, "roster": 1, "signature": 1}', 'unknown field "__proto__"');
});

/** The signed file of a roster as written by programs that knew only some constants. */
function signedWithout(names: ReadonlySet<string>): string {
  const file = JSON.parse(text);
  for (const name of names) delete file.roster.constants[name];
  const signer = createSigner(backend, operator.secretKey, roster.cluster);
  return JSON.stringify({ ...file, signature: hex(signer.sign("Roster", rosterBody(file.roster))) });
}

Deno.test("a roster signed before there were checkpoints reads with default constants, and its signature covers what it has", () => {
  for (const names of [LATER, ...[...LATER].map((name) => new Set([name]))]) {
    const old = signedWithout(names);
    for (const each of BACKENDS) assertEquals(parseRoster(old, operatorKey, each), roster);
    for (const name of names) {
      const file = JSON.parse(old);
      file.roster.constants[name] = DEFAULT_CONSTANTS[name as keyof ProtocolConstants];
      refused(JSON.stringify(file), "$.signature: given one that does not verify");
    }
  }
});

Deno.test("values out of range are named by path, with what was given and wanted", () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    ["version", 1, "$.roster.version: given 1, wanted 2: a roster with CURVE keys; make a new cluster with keygen"],
    ["version", "2", '$.roster.version: given "2", wanted 2'],
    ["version", undefined, "$.roster.version: given nothing, wanted 2"],
    ["epoch", 0, "$.roster.epoch: given 0, wanted an integer from 1"],
    ["epoch", 1.5, "$.roster.epoch: given 1.5"],
    ["epoch", 1e300, "$.roster.epoch: given 1e+300"],
    ["epoch", 2, "$.roster.previous: given null, wanted 64 lower-case hexadecimal digits"],
    ["previous", "a".repeat(64), "wanted null in epoch 1"],
    ["allowPlaintext", 0, "$.roster.allowPlaintext: given 0, wanted true or false"],
    ["cluster", "a b", '$.roster.cluster: given "a b"'],
    ["cluster", "", '$.roster.cluster: given ""'],
    ["constants", [], "$.roster.constants: given a list of 0, wanted an object"],
    ["replicas", [], "$.roster.replicas: given a list of 0, wanted a list of 1 to 64"],
    ["replicas", {}, "$.roster.replicas: given an object"],
    ["replicas", Array(LIMITS.maxReplicas + 1).fill(0), "given a list of 65, wanted a list of 1 to 64"],
    ["clients", Array(LIMITS.maxClients + 1).fill(0), "given a list of 4097, wanted a list of 0 to 4096"],
    ["operatorKey", "04" + operatorKey.slice(2), "$.roster.operatorKey: given"],
    ["operatorCurveKey", "0".repeat(64), "$.roster.operatorCurveKey: given"],
    ["operatorCurveKey", operatorKey, "wanted 64 lower-case hexadecimal digits"],
  ];
  for (const [name, value, message] of cases) refused(changed((inner) => inner[name] = value), message);
  const first = (change: Partial<Record<keyof RosterReplica, unknown>>) =>
    changed((inner) => {
      const replicas = inner["replicas"] as object[];
      inner["replicas"] = replicas.with(0, { ...replicas[0], ...change });
    });
  for (const port of [0, -1, 65_536, 80.5, "7000", null]) {
    refused(
      first({ peerPort: port }),
      `$.roster.replicas[0].peerPort: given ${JSON.stringify(port)}, wanted an integer`,
    );
  }
  for (
    const host of ["", "a".repeat(254), "a b", "h/x", "tcp://h", 7, "999.1.1.1", "db.example.", "0.0.0.0", "[::1]", "*"]
  ) {
    refused(first({ host }), "$.roster.replicas[0].host: given");
  }
  for (const id of ["", "-r", "r/1", "x".repeat(65), "é", "r1\n", 1]) {
    refused(first({ id }), "$.roster.replicas[0].id: given");
  }
  refused(first({ id: "operator" }), "$.roster.replicas[0].id: given");
  refused(first({ publicKey: operatorKey.toUpperCase() }), "$.roster.replicas[0].publicKey: given");
  refused(first({ publicKey: "02" + "00".repeat(31) + "05" }), "wanted a compressed point of secp256k1");
  refused(first({ curveKey: "AB".repeat(32) }), "$.roster.replicas[0].curveKey: given");
  refused(first({ curveKey: `01${"00".repeat(31)}` }), "$.roster.replicas[0].curveKey: given");
  refused(first({ curveKey: "ff".repeat(32) }), "wanted a CURVE public key");
});

Deno.test("no id, key or address occurs twice, across replicas, clients and the operator", () => {
  const rebuilt = (change: Partial<RosterParts>, message: string) =>
    assertThrows(() => createRoster({ ...parts, ...change }, backend), ConfigError, message);
  const [r1, r2, ...others] = parts.replicas as [RosterReplica, RosterReplica, ...RosterReplica[]];
  const [c1] = parts.clients;
  rebuilt(
    { replicas: [r1, { ...r2, id: r1.id }, ...others] },
    "$.roster.replicas[1].id: given the id r1 a second time",
  );
  rebuilt({ replicas: [r1, { ...r2, publicKey: r1.publicKey }] }, "another one than $.roster.replicas[0].publicKey");
  rebuilt({ replicas: [{ ...r1, publicKey: operatorKey }] }, "another one than $.roster.operatorKey");
  rebuilt({ clients: [{ ...c1!, publicKey: r2.publicKey }] }, "$.roster.clients[0].publicKey: given the public key");
  rebuilt({ replicas: [r1, { ...r2, curveKey: r1.curveKey }] }, "another one than $.roster.replicas[0].curveKey");
  rebuilt({ replicas: [{ ...r1, curveKey: operatorCurveKey }] }, "another one than $.roster.operatorCurveKey");
  rebuilt({ clients: [{ ...c1!, curveKey: r2.curveKey }] }, `given the CURVE key ${r2.curveKey} a second time`);
  rebuilt({ clients: [{ ...c1!, id: clientId("r2") }] }, "another one than $.roster.replicas[1].id");
  rebuilt({ clients: [{ ...c1!, publicKey: operatorKey }] }, "another one than $.roster.operatorKey");
  rebuilt({ replicas: [r1, { ...r2, clientPort: r1.peerPort }] }, "the address 127.0.0.1 port 7003 a second time");
  rebuilt({ replicas: [{ ...r1, publishPort: r1.peerPort }] }, "$.roster.replicas[0].publishPort");
  assertEquals(createRoster({ ...parts, replicas: [r1] }, backend).replicas.length, 1, "one replica is a roster");
});

Deno.test("only the pinned operator's roster passes", () => {
  const other = generateKeyPair(backend);
  const theirs = createRoster({ ...parts, operatorKey: hex(other.publicKey) }, backend);
  const forged = signRoster(theirs, other.secretKey, backend);
  assertEquals(parseRoster(forged, null, backend), theirs);
  refused(
    forged,
    `$.roster.operatorKey: given "${hex(other.publicKey)}", wanted the pinned operator key "${operatorKey}"`,
  );
  const { signature } = JSON.parse(forged);
  refused(JSON.stringify({ roster, signature }), "$.signature: given one that does not verify");
  assertThrows(() => signRoster(roster, other.secretKey, backend), ConfigError, `wanted that of ${operatorKey}`);
});

Deno.test("what is no signed roster at all is refused", () => {
  for (const given of ["", "{", "null", "[]", '"x"', "{}"]) refused(given, "$");
  refused(" ".repeat(2 * 1024 * 1024 + 1), "wanted JSON of at most 2097152");
  refused(text.replace('"epoch": 1,', '"epoch": 1, "epoch": 1,'), '$: given a field "epoch" twice');
  refused(text.replace('"epoch": 1,', '"epoch": 1, "\\u0065poch": 2,'), '$: given a field "epoch" twice');
  for (let cut = 0; cut < text.length - 2; cut += 97) refused(text.slice(0, cut), "that are no JSON");
  refused("[".repeat(100_000), "$: given 100000 characters that are no JSON");
  refused("[".repeat(100_000) + "]".repeat(100_000), "$: given");
});

Deno.test("the largest roster the limits allow is read back", () => {
  const id = (letter: string, i: number) => `${letter}${i}`.padEnd(64, "x");
  const replicas = Array.from({ length: LIMITS.maxReplicas }, (_, i) => ({
    ...replica(i),
    id: replicaId(id("r", i)),
    host: `${`${"h".repeat(61)}.`.repeat(4)}${`h${i}`.padEnd(5, "h")}`,
  }));
  const clients = Array.from({ length: LIMITS.maxClients }, (_, i) => ({
    id: clientId(id("c", i)),
    publicKey: hex(generateKeyPair(backend).publicKey),
    curveKey: `11${i.toString(16).padStart(60, "0")}00`,
  }));
  const large = createRoster({ ...parts, replicas, clients }, backend);
  assertEquals(parseRoster(signRoster(large, operator.secretKey, backend), operatorKey, backend), large);
});

Deno.test("a roster file is named in what is wrong with it", async () => {
  await withTempDirectory(async (directory) => {
    const path = `${directory}/cluster.json`;
    await Deno.writeTextFile(path, text);
    assertEquals(await readRoster(path, operatorKey, backend), roster);
    await Deno.writeTextFile(path, "{}");
    await assertRejects(() => readRoster(path, null, backend), ConfigError, `${path}: $: given no field "roster"`);
  });
});
