import { assertEquals, assertStringIncludes } from "@std/assert";
import { comparePaths, importOrder } from "./import_order.ts";

const plugin: Deno.lint.Plugin = { name: "bft-raft", rules: { "import-order": importOrder } };
const found = (lines: readonly string[]) => Deno.lint.runPlugin(plugin, "client/x.ts", lines.join("\n"));

/** Returns `lines` with the one finding in them mended, as `deno lint --fix` does. */
function mended(lines: readonly string[]): string[] {
  const source = lines.join("\n");
  const [finding, ...more] = Deno.lint.runPlugin(plugin, "client/x.ts", source);
  assertEquals([more.length, finding?.fix?.length], [0, 1], `wanted one finding with one fix in:\n${source}`);
  const { range: [from, to], text = "" } = finding!.fix![0]!;
  return (source.slice(0, from) + text + source.slice(to)).split("\n");
}

const SORTED = [
  'import { assert } from "@std/assert";',
  'import { DatabaseSync } from "node:sqlite";',
  'import type { Z } from "../../z.ts";',
  'import { a } from "../a.ts";',
  'import { b } from "../b/c.ts";',
  'import * as d from "./B.ts";',
  'import a2 from "./a.ts";',
  'import type { A } from "./a.ts";',
];

Deno.test("import-order: packages, then relative paths in ASCII order, are as wanted", () => {
  assertEquals(found(SORTED), []);
  assertEquals(found(["/** About. */", ...SORTED, "", 'export * from "./Z.ts";', 'export const x = "../a.ts";']), []);
  assertEquals(found(["export const nothing = 1;"]), []);
});

Deno.test("import-order: any two neighbours the wrong way round are one finding, and its fix puts them right", () => {
  for (let i = 1; i < SORTED.length - 1; i++) {
    const wrong = SORTED.with(i - 1, SORTED[i]!).with(i, SORTED[i - 1]!);
    const [finding] = found(wrong);
    assertEquals(finding?.id, "bft-raft/import-order");
    assertStringIncludes(finding!.message, "packages, then relative paths");
    assertEquals(mended(wrong), SORTED);
  }
  const [given, wanted] = [SORTED.toReversed(), SORTED].map((lines) => ["/** About. */", ...lines, "", "const x = 1;"]);
  assertEquals(mended(given!).slice(0, 7), wanted!.slice(0, 7));
  assertEquals(mended(given!).slice(-2), wanted!.slice(-2));
});

Deno.test("import-order: names over several lines, and gaps in a block, move along", () => {
  const names = ["import {", "  one,", "  two,", '} from "./b.ts";'];
  assertEquals(mended([...names, "", SORTED[0]!]), [SORTED[0]!, ...names]);
});

Deno.test("import-order: nothing moves across an import for its effects, or out of its block", () => {
  const [first, last] = [SORTED[0]!, SORTED.at(-1)!];
  assertEquals(found([last, 'import "./effects.ts";', first]), []);
  assertEquals(found([last, "const x = 1;", first]), []);
});

Deno.test("import-order: a block with comments in it is found, and left to its author", () => {
  const [finding] = found([SORTED[1]!, "// Why this one.", SORTED[0]!]);
  assertEquals([finding?.id, finding?.fix], ["bft-raft/import-order", []]);
  assertStringIncludes(finding!.hint!, "by hand");
});

Deno.test("import-order: paths are compared by code units", () => {
  const paths = SORTED.map((line) => /"(.+)"/.exec(line)![1]!);
  assertEquals(paths.toReversed().toSorted(comparePaths), paths);
});
