/**
 * Golden transcripts: each `*.txt` holds commands, and below each, between `----` and the next blank line, everything it
 * printed. `deno task golden` rewrites them; the diff is then reviewed like code.
 */
import { assertEquals } from "@std/assert";
import { goldenFiles, transcriptNames } from "./golden_files.ts";

for (const file of goldenFiles()) {
  Deno.test(`golden ${file.name}`, () => assertEquals(file.expected(), file.read()));
}

Deno.test("README.md tells of every transcript", () => {
  const text = Deno.readTextFileSync(new URL("README.md", import.meta.url));
  const told = [...text.matchAll(/^\| \[`(\w+\.txt)`\]\(\1\)/gm)];
  assertEquals(told.map(([, name]) => name!).toSorted(), transcriptNames().toSorted());
});
