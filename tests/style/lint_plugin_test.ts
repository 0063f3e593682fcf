import { assertEquals, assertStringIncludes } from "@std/assert";
import { MAX_FILE_LINES, MAX_FUNCTION_LINES } from "./length.ts";
import plugin from "./lint_plugin.ts";
import { projectPath, resolveImport } from "./paths.ts";

/** `rule: message` of everything the plugin finds in `source`, taken as the file `path`. */
function findings(path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, path, source).map(({ id, message }) => `${id.split("/")[1]}: ${message}`);
}

/** Asserts exactly one finding, of `rule`, that mentions `part`. */
function assertOnly(path: string, source: string, rule: string, part: string): void {
  const found = findings(path, source);
  assertEquals(found.length, 1, `wanted one finding in ${path} of:\n${source}\ngot: ${JSON.stringify(found)}`);
  assertStringIncludes(found[0]!, `${rule}: `);
  assertStringIncludes(found[0]!, part);
}

const IMPURE: readonly (readonly [source: string, part: string])[] = [
  ["export async function f() {}", "an async function"],
  ["export const f = async () => {};", "an async function"],
  ["export const o = { async f() {} };", "an async function"],
  ["const x = 1; await x;", "await"],
  ["for await (const x of []) x;", "for await"],
  ["export const t = Date.now();", '"Date"'],
  ["export const t = new Date();", '"Date"'],
  ["export const r = Math.random();", "Math.random"],
  ['export const r = Math["random"]();', "Math.random"],
  ["export const t = performance.now();", '"performance"'],
  ["setTimeout(f, 1);", '"setTimeout"'],
  ["setInterval(f, 1);", '"setInterval"'],
  ["Deno.exit(1);", '"Deno"'],
  ["process.exit(1);", '"process"'],
  ["fetch(url);", '"fetch"'],
  ["crypto.randomUUID();", '"crypto"'],
  ['console.log("x");', '"console"'],
  ["globalThis.x;", '"globalThis"'],
  ["export const o = { fetch };", '"fetch"'],
  ["export const t = o[performance];", '"performance"'],
  ["queueMicrotask(f);", '"queueMicrotask"'],
  ["export const p = Promise.resolve(1);", '"Promise"'],
  ["export const u = import.meta.url;", "import.meta"],
  ['export const m = import("./log.ts");', "a dynamic import"],
  ["export const m = import(name);", "a dynamic import"],
  ['import { sha256 } from "@noble/hashes/sha2.js";', '"@noble/hashes/sha2.js"'],
  ['import { readFileSync } from "node:fs";', '"node:fs"'],
  ['import x from "npm:zeromq@6.8.0";', "npm:zeromq"],
  ['import x from "jsr:@std/assert";', "jsr:@std/assert"],
  ['import { x } from "../config.ts";', '"replica/replica_config.ts"'],
  ['import type { X } from "../../transport/port.ts";', '"transport/port.ts"'],
  ['export * from "../storage/port.ts";', '"replica/storage/port.ts"'],
  ['export type { X } from "../storage/port.ts";', '"replica/storage/port.ts"'],
  ['export type X = import("../storage/port.ts").Y;', '"replica/storage/port.ts"'],
];

Deno.test("core-purity: every impure construct is found in the core and in the client's pure files", () => {
  for (const [source, part] of IMPURE) {
    assertOnly("replica/core/step.ts", source, "core-purity", part);
  }
  for (const path of ["client/session/session.ts", "client/session/reply_tally.ts", "client/session/intervention.ts"]) {
    assertOnly(path, "export const t = Date.now();", "core-purity", '"Date"');
    assertOnly(path, 'import { x } from "../transport/port.ts";', "core-purity", '"transport/port.ts"');
  }
});

const PURE = `
import type { Term } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import { quorum } from "./deep/../quorum.ts";
export * from "./entry.ts";
export interface Ports { readonly crypto: number; fetch(): void }
export class C { process = 1; console() {} }
export const f = (o: Ports, name: "crypto") => ({ process: o.crypto, Date: o.fetch(), n: Math.max(1, LIMITS.maxAcks), quorum, x: o[name] });
export type T = Term;
`;

Deno.test("core-purity: clean code passes, and so does impure code that need not be pure", () => {
  assertEquals(findings("replica/core/step.ts", PURE), []);
  const impure = 'import { x } from "node:fs"; export const f = async () => await fetch(Date.now());';
  for (const path of ["replica/core/step_test.ts", "replica/replica.ts", "client/client.ts", "tasks/keygen.ts"]) {
    assertEquals(findings(path, impure), []);
  }
  const session = 'import type { Seq } from "../replica/core/ids.ts"; import { tally } from "./reply_tally.ts";';
  assertEquals(findings("client/session/session.ts", session), []);
});

Deno.test("core-purity: absolute file names of this checkout are recognised", () => {
  const path = new URL("../../replica/core/step.ts", import.meta.url).pathname;
  assertEquals(projectPath(path), "replica/core/step.ts");
  assertOnly(path, "Deno.exit();", "core-purity", '"Deno"');
});

Deno.test("import-direction: outward imports are found", () => {
  const cases = [
    ["crypto/roster/roster.ts", 'import { x } from "../transport/port.ts";'],
    ["crypto/roster/roster.ts", 'import { step } from "../replica/core/step.ts";'],
    ["crypto/roster/roster.ts", 'import { type A, step } from "../replica/core/step.ts";'],
    ["transport/codec.ts", 'import type { X } from "../replica/storage/port.ts";'],
    ["transport/codec.ts", 'import { x } from "../client/client.ts";'],
    ["client/client.ts", 'import { step } from "../replica/core/step.ts";'],
    ["client/backup/trust.ts", 'import { Replica } from "../../replica/replica.ts";'],
    ["client/client.ts", 'import { x } from "../replica/replica.ts";'],
    ["client/gateway/http.ts", 'export * from "../../replica/main.ts";'],
    ["client/client.ts", 'const x = await import("../replica/replica.ts");'],
    ["replica/replica.ts", 'import { x } from "../tests/helpers.ts";'],
    ["replica/replica.ts", 'import { x } from "./config_test.ts";'],
    ["bench/main.ts", 'import { x } from "../tests/cluster.ts";'],
    ["mod.ts", 'export * from "./tests/cluster.ts";'],
    ["replica/core/step.ts", 'import { x } from "./log_test.ts";'],
  ] as const;
  for (const [path, source] of cases) assertOnly(path, source, "import-direction", '"');
});

Deno.test("import-direction: inward imports, packages and tests pass", () => {
  const cases = [
    [
      "crypto/roster/roster.ts",
      'import type { ReplicaId } from "../replica/core/ids.ts"; import { x } from "./digest.ts";',
    ],
    [
      "crypto/roster/roster.ts",
      'import { LIMITS } from "../replica/core/limits.ts"; import { createHash } from "node:crypto";',
    ],
    ["client/backup/trust.ts", 'import { isCertificate } from "../../protocol/certify.ts";'],
    ["crypto/noble.ts", 'import { secp256k1 } from "@noble/curves/secp256k1.js";'],
    [
      "transport/codec.ts",
      'import { x } from "../replica/core/entry_body.ts"; import { y } from "../crypto/digest.ts";',
    ],
    ["client/client.ts", 'import { type A, type B } from "../replica/core/message.ts";'],
    ["client/calls/kv.ts", 'import { x } from "../replica/state_machine/kv_codec.ts"; import "../transport/mod.ts";'],
    ["replica/replica.ts", 'import { x } from "../transport/mod.ts"; import { y } from "./core/step.ts";'],
    [
      "crypto/roster/roster_test.ts",
      'import { x } from "../replica/replica.ts"; import { y } from "../tests/helpers.ts";',
    ],
    ["tests/e2e/cluster_test.ts", 'import { x } from "../helpers.ts"; import { y } from "../../client/mod.ts";'],
  ] as const;
  for (const [path, source] of cases) assertEquals(findings(path, source), [], `${path}: ${source}`);
});

/** A function of exactly `lines` lines, with characters of several bytes in it. */
const functionOf = (lines: number) => `{\n${"  x; // §5.3 €\n".repeat(lines - 2)}}`;

Deno.test("function-length: one line too many is found for every kind of function, tests included", () => {
  const long = functionOf(MAX_FUNCTION_LINES + 1);
  for (const source of [`function f() ${long}`, `const f = () => ${long};`, `class C { f() ${long} }`]) {
    assertOnly("replica/replica.ts", source, "function-length", `of ${MAX_FUNCTION_LINES + 1} lines`);
    assertOnly("replica/replica_test.ts", source, "function-length", `at most ${MAX_FUNCTION_LINES}`);
  }
  assertEquals(findings("replica/replica.ts", `function f() ${functionOf(MAX_FUNCTION_LINES)}`), []);
  assertEquals(findings("tests/vectors/ecdsa.ts", `function f() ${long}`), []);
});

Deno.test("file-length: one line too many is found, generated vectors are not judged", () => {
  const long = "x;\n".repeat(MAX_FILE_LINES + 1);
  assertOnly("client/client.ts", long, "file-length", `of ${MAX_FILE_LINES + 1} lines`);
  assertOnly("tests/e2e/cluster_test.ts", long, "file-length", `at most ${MAX_FILE_LINES}`);
  assertEquals(findings("client/client.ts", "x;\n".repeat(MAX_FILE_LINES)), []);
  assertEquals(findings("tests/vectors/ecdsa.ts", long), []);
  assertOnly("tests/vectors/ecdsa_test.ts", long, "file-length", `at most ${MAX_FILE_LINES}`);
});

Deno.test("resolveImport: relative paths resolve, a path out of the project stays out, the rest is not a path", () => {
  assertEquals(resolveImport("replica/core/a.ts", "./b.ts"), "replica/core/b.ts");
  assertEquals(resolveImport("replica/core/a.ts", "../../crypto/b.ts"), "crypto/b.ts");
  assertEquals(resolveImport("mod.ts", "../x/y.ts"), "../x/y.ts");
  assertEquals(resolveImport("mod.ts", "../../x.ts"), "../../x.ts");
  assertEquals(resolveImport("mod.ts", "@std/assert"), null);
  assertEquals(resolveImport("mod.ts", "node:fs"), null);
});
