import { assertEquals, assertStringIncludes } from "@std/assert";
import { MAX_FILE_LINES, MAX_FUNCTION_LINES } from "./length.ts";
import plugin from "./lint_plugin.ts";
import { projectPath, resolveImport } from "./paths.ts";

/** Returns `rule: message` of everything the plugin finds in `source`, taken as the file `path`. */
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
  ['import { x } from "../../crypto/digest.ts";', '"crypto/digest.ts"'],
  ['import type { X } from "../../transport/port.ts";', '"transport/port.ts"'],
  ['export * from "../../crypto/digest.ts";', '"crypto/digest.ts"'],
  ['export type { X } from "../../crypto/digest.ts";', '"crypto/digest.ts"'],
  ['export type X = import("../../crypto/digest.ts").Y;', '"crypto/digest.ts"'],
];

/** Asserts exactly one finding on purity: an import out of a pure folder violates the direction too. */
function assertImpure(path: string, source: string, part: string): void {
  const found = findings(path, source).filter((finding) => finding.startsWith("core-purity: "));
  assertEquals(found.length, 1, `wanted one finding in ${path} of:\n${source}\ngot: ${JSON.stringify(found)}`);
  assertStringIncludes(found[0]!, part);
}

Deno.test("core-purity: every impure construct is found in every pure folder", () => {
  for (const [source, part] of IMPURE) {
    for (const path of ["protocol/snapshot/x.ts", "replica/core/step.ts", "client/session/x.ts"]) {
      assertImpure(path, source, part);
    }
  }
  assertImpure("protocol/entry.ts", 'import { x } from "../replica/core/state.ts";', '"replica/core/state.ts"');
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

/** Returns what other rules than that of the order of imports find: `import_order_test.ts` is about that one. */
const apartFromOrder = (path: string, source: string): string[] =>
  findings(path, source).filter((finding) => !finding.startsWith("import-order"));

Deno.test("core-purity: clean code passes, and so does impure code that need not be pure", () => {
  assertEquals(apartFromOrder("replica/core/step.ts", PURE), []);
  const impure = 'import { x } from "node:fs"; export const f = async () => await fetch(Date.now());';
  for (const path of ["replica/core/step_test.ts", "replica/replica.ts", "client/client.ts", "tasks/keygen.ts"]) {
    assertEquals(findings(path, impure), []);
  }
  const session = 'import type { Seq } from "../../protocol/ids.ts"; import { tally } from "./reply_tally.ts";';
  assertEquals(findings("client/session/session.ts", session), []);
});

Deno.test("core-purity: absolute file names of this checkout are recognised", () => {
  const path = new URL("../../replica/core/step.ts", import.meta.url).pathname;
  assertEquals(projectPath(path), "replica/core/step.ts");
  assertOnly(path, "Deno.exit();", "core-purity", '"Deno"');
});

Deno.test("import-direction: imports of a room above, or of one beside, are found", () => {
  const cases = [
    ["crypto/digest.ts", 'import { x } from "./roster/roster.ts";'],
    ["crypto/roster/roster.ts", 'import { x } from "../../transport/port.ts";'],
    ["crypto/keys/key_file.ts", 'import type { X } from "../roster/roster_types.ts";'],
    ["state_machine/kv_store.ts", 'import { type A, step } from "../replica/core/step.ts";'],
    ["transport/route.ts", 'import type { X } from "../replica/storage/port.ts";'],
    ["transport/zmq/zmq_inbox.ts", 'import { x } from "../memory/memory_inbox.ts";'],
    ["client/client.ts", 'import type { X } from "../replica/core/state.ts";'],
    ["client/backup/trust.ts", 'import { Replica } from "../../replica/replica.ts";'],
    ["client/loop/requests.ts", 'import { x } from "../calls/kv.ts";'],
    ["client/gateway/http.ts", 'export * from "../../replica/main.ts";'],
    ["client/client.ts", 'const x = await import("../replica/replica.ts");'],
    ["replica/core/log/log.ts", 'import { x } from "../election/terms.ts";'],
    ["replica/storage/guard.ts", 'import { x } from "../disk/durable_mark.ts";'],
    ["replica/answers/replier.ts", 'import type { X } from "../ingress/ingress.ts";'],
  ] as const;
  for (const [path, source] of cases) assertOnly(path, source, "import-direction", '"');
});

Deno.test("import-direction: the door of a room is for those outside", () => {
  assertOnly("transport/zmq/zmq_inbox.ts", 'import { x } from "../mod.ts";', "import-direction", '"transport/mod.ts"');
  assertEquals(findings("transport/mod.ts", 'export { x } from "./zmq/zmq_inbox.ts";'), []);
  assertEquals(findings("client/client.ts", 'import { x } from "../transport/mod.ts";'), []);
  assertOnly("transport/mod.ts", 'export * from "../client/client.ts";', "import-direction", '"client/client.ts"');
});

Deno.test("import-direction: nothing that ships rests on tests or benchmarks", () => {
  const cases = [
    ["replica/replica.ts", 'import { x } from "../tests/helpers.ts";'],
    ["replica/replica.ts", 'import { x } from "./config_test.ts";'],
    ["tasks/cluster.ts", 'import { x } from "../bench/support/load.ts";'],
    ["mod.ts", 'export * from "./tests/cluster.ts";'],
    ["replica/core/step.ts", 'import { x } from "./log_test.ts";'],
  ] as const;
  for (const [path, source] of cases) assertOnly(path, source, "import-direction", "is test code");
});

Deno.test("import-direction: imports of rooms below, packages, data and tests pass", () => {
  const cases = [
    [
      "crypto/roster/roster.ts",
      'import type { ReplicaId } from "../../protocol/ids.ts"; import { x } from "../digest.ts";',
    ],
    ["crypto/digest.ts", 'import { LIMITS } from "../protocol/limits.ts"; import { createHash } from "node:crypto";'],
    ["crypto/signing/noble.ts", 'import { secp256k1 } from "@noble/curves/secp256k1.js";'],
    ["client/backup/trust.ts", 'import { isCertificate } from "../../protocol/certify.ts";'],
    ["client/calls/kv.ts", 'import { x } from "../../state_machine/kv_command.ts"; import "../../transport/mod.ts";'],
    ["replica/status/status.ts", 'import manifest from "../../deno.json" with { type: "json" };'],
    ["replica/replica.ts", 'import { x } from "../transport/mod.ts"; import { y } from "./core/step.ts";'],
    ["crypto/roster_test.ts", 'import { x } from "../replica/replica.ts"; import { y } from "../tests/helpers.ts";'],
    ["tests/e2e/cluster_test.ts", 'import { x } from "../helpers.ts"; import { y } from "../../client/mod.ts";'],
    ["bench/main.ts", 'import { x } from "../tests/cluster.ts";'],
  ] as const;
  for (const [path, source] of cases) assertEquals(apartFromOrder(path, source), [], `${path}: ${source}`);
});

/** Returns a function of exactly `lines` lines, with multi-byte characters in it. */
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

Deno.test("doc-comment-begins: question words are found in every folder, on one line or several", () => {
  const cases = [
    ["/** Whether it holds. */\nexport const a = 1;", "Whether"],
    ["/**\n * What it is.\n */\nexport const a = 1;", "What"],
    ["export interface A {\n  /** When it ends. */\n  readonly end: number;\n}", "When"],
    ["/** how it votes. */\nexport const a = 1;", "how"],
    ["/** ⚠ Who may. */\nexport const a = 1;", "Who"],
    ["export const a = 1; /** Why. */", "Why"],
    ["/** Where it is. */\nexport const a = 1;", "Where"],
  ] as const;
  for (const [source, word] of cases) {
    for (
      const path of [
        "replica/core/step.ts",
        "client/client.ts",
        "client/client_test.ts",
        "tests/e2e/x.ts",
        "bench/main.ts",
      ]
    ) {
      assertOnly(path, source, "doc-comment-begins", `"${word}"`);
    }
  }
});

Deno.test("doc-comment-begins: verbs, nouns, words that only begin alike, other comments and strings pass", () => {
  const passing = [
    "/** Returns whether it holds, and why. */\nexport const a = 1;",
    "/** §6.5: answers who asks. */\nexport const a = 1;",
    "/** Whole and whatever, however long. */\nexport const a = 1;",
    "// What follows is no doc comment.\nexport const a = 1;",
    "/* Why not. */\nexport const a = 1;",
    'export const a = "/** What */";',
  ];
  for (const source of passing) assertEquals(findings("replica/core/step.ts", source), [], source);
  assertEquals(findings("client/client.ts", "/** However long it is. */\nexport const a = 1;"), []);
});

Deno.test("resolveImport: relative paths resolve, a path out of the project stays out, the rest is not a path", () => {
  assertEquals(resolveImport("replica/core/a.ts", "./b.ts"), "replica/core/b.ts");
  assertEquals(resolveImport("replica/core/a.ts", "../../crypto/b.ts"), "crypto/b.ts");
  assertEquals(resolveImport("mod.ts", "../x/y.ts"), "../x/y.ts");
  assertEquals(resolveImport("mod.ts", "../../x.ts"), "../../x.ts");
  assertEquals(resolveImport("mod.ts", "@std/assert"), null);
  assertEquals(resolveImport("mod.ts", "node:fs"), null);
});
