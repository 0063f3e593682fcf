/** Documents name files that are there. */
import { assert, assertEquals } from "@std/assert";
import { listFiles, readText } from "./sources.ts";

/** A path with a folder in it, alone between backticks. */
const PATH =
  /`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|md|json|yaml|txt)|(?:bench|client|crypto|docs|protocol|replica|state_machine|tasks|tests|transport)\/[\w/.-]*\/)`/g;
/** Documents of the past say what was there then. */
const OF_THE_PAST = /^CHANGELOG\.md$|^docs\/decisions\//;
/** Made by a command, and ignored by git. */
const MADE = /^(?:cluster|DIR|data|tests\/\.mutants)\//;
/** Folders that a document may speak of without naming them again. */
const FOLDERS = [
  "",
  "docs/",
  "replica/",
  "replica/core/",
  "replica/storage/",
  "client/",
  "tests/",
  "tests/simulation/",
  "tests/simulation/actors/",
  "tests/simulation/checkers/",
];

const exists = (path: string): boolean => {
  try {
    Deno.statSync(new URL(`../../${path}`, import.meta.url));
    return true;
  } catch {
    return false;
  }
};

Deno.test("every path that a document names is there", () => {
  const missing: string[] = [];
  let seen = 0;
  for (const document of listFiles("", [".md"])) {
    if (OF_THE_PAST.test(document)) continue;
    for (const [, path] of readText(document).matchAll(PATH)) {
      if (MADE.test(path!)) continue;
      seen++;
      if (!FOLDERS.some((folder) => exists(folder + path!))) missing.push(`${document}: ${path}`);
    }
  }
  assert(seen > 100, `${seen} paths in all documents`);
  assertEquals(missing, []);
});
