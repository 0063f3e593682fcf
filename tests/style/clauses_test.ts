/** The clauses and their citations: `docs/clauses.md` is sound, documents cite only what it contains, and every label has a test. */
import { assert, assertEquals } from "@std/assert";
import { citationsIn, isLabel, labelsOfTests, loadLaw, readLaw, unknownCitations } from "./clauses.ts";
import { listFiles, readText } from "./sources.ts";

interface Text {
  readonly path: string;
  readonly text: string;
}

const textsOf = (folder: string, endings: readonly string[]): Text[] =>
  [...listFiles(folder, endings)].map((path) => ({ path, text: readText(path) }));

const CLAUSE_TESTS = textsOf("tests/clauses/", ["_test.ts"]);
const sign = "\u00a7";

Deno.test("docs/clauses.md: every number stands there once and in its place, labels are lettered in order", () => {
  assertEquals(loadLaw().faults, []);
  assert(loadLaw().labels.length > 100);
});

Deno.test("a law with a number twice, out of place or a letter left out is found faulty", () => {
  const law = readLaw(
    "## 1 A\n\n**1.1 B.** C. ⚠1.1a D. ⚠1.1c E.\n\n**1.1 F.** ⚠1.1a G.\n\n**2.1 H.** ⚠1.1d I.\n\n## 1 J\n",
  );
  assertEquals(law.faults, [
    "label 1.1c stands where 1.1b is wanted",
    "1.1 stands there twice",
    "1.1a stands there twice",
    "clause 2.1 stands in chapter 1",
    "label 1.1d stands where 2.1a is wanted",
    "1 stands there twice",
  ]);
});

Deno.test("whatever documents and transcripts cite stands in docs/clauses.md", () => {
  const law = loadLaw();
  let cited = 0;
  for (const { path, text } of textsOf("", [".md", ".txt"])) {
    cited += citationsIn(text).length;
    assertEquals(unknownCitations(law, text).map(({ number }) => sign + number), [], path);
  }
  assert(cited > 100, `${cited} citations in all documents`);
});

Deno.test("every sentence marked in docs/clauses.md has a test in tests/clauses/ that cites its label", () => {
  const tested = new Set(CLAUSE_TESTS.flatMap(({ text }) => labelsOfTests(text)));
  const { labels } = loadLaw();
  assertEquals(labels.filter((label) => !tested.has(label)), [], "no test cites these");
  assertEquals([...tested].filter((label) => !labels.includes(label)), [], "docs/clauses.md has no such labels");
});

Deno.test("labels stand in the name of a test, or in a comment right above it, and nowhere else in a clause test", () => {
  for (const { path, text } of CLAUSE_TESTS) {
    const all = citationsIn(text).map(({ number }) => number).filter(isLabel);
    assertEquals(all, labelsOfTests(text), path);
  }
});

Deno.test("labels are found in names on one line or two, in templates and in comments right above", () => {
  const label = (number: string) => sign + number;
  const text = `
/** ${label("1.1a")} of the file. */
import { x } from "x"; // ${label("1.1b")}

Deno.test("${label("2.1a")} a name, ${label("2.2")} \\"quoted\\"", () => x);
// ${label("3.1a")} a comment
/** ${label("3.1b")} another */
Deno.test(
  "${label("3.1c")} on a line of its own",
  () => x("${label("4.1a")}"),
);
for (const n of [1, 2]) {
  // ${label("5.1a")} within a loop
  Deno.test(\`${label("5.1b")} n = \${n}\`, () => x(n)); // ${label("6.1a")}
}
`;
  assertEquals(labelsOfTests(text), ["2.1a", "3.1a", "3.1b", "3.1c", "5.1a", "5.1b"]);
});
