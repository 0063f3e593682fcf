/**
 * Golden transcripts: each `*.txt` holds commands, and below each, between `----` and the next blank line, everything it
 * printed. `deno task golden` rewrites them; the diff is then reviewed like code.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { describeCommands, play } from "./interpreter.ts";

const directory = new URL("./", import.meta.url);
const rewrite = Deno.args.includes("--rewrite");

/** Compares a file of this folder with its expected text, or rewrites it. */
function settle(name: string, expect: (text: string) => string): void {
  const path = new URL(name, directory);
  const expected = Deno.readTextFileSync(path);
  const actual = expect(expected);
  if (rewrite) Deno.writeTextFileSync(path, actual);
  else assertEquals(actual, expected);
}

const names = [...Deno.readDirSync(directory)].map(({ name }) => name).filter((name) => name.endsWith(".txt"));
for (const name of names) {
  Deno.test(`transcript ${name}`, () => settle(name, (text) => [...play(name, text)].join("\n\n") + "\n"));
}

Deno.test("README.md lists the commands", () => {
  const list = /(?<=^```text\n).*?(?=\n```$)/ms;
  settle("README.md", (text) => {
    assertMatch(text, list);
    return text.replace(list, () => describeCommands());
  });
});

Deno.test("README.md tells of every transcript", () => {
  const told = [...Deno.readTextFileSync(new URL("README.md", directory)).matchAll(/^\| \[`(\w+\.txt)`\]\(\1\)/gm)];
  assertEquals(told.map(([, name]) => name!).toSorted(), names.toSorted());
});
