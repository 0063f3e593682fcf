/**
 * Golden transcripts: each `*.txt` holds commands, and below each, between `----` and the next blank line, everything it
 * printed. `deno task golden` rewrites them; the diff is then reviewed like code.
 */
import { assertEquals } from "@std/assert";
import { Interpreter } from "./interpreter.ts";

const directory = new URL("./", import.meta.url);
const rewrite = Deno.args.includes("--rewrite");

/** The transcript with every expected output replaced by what its command prints now. */
function replay(text: string): string {
  const interpreter = new Interpreter();
  return text.split("\n\n").map((block) => {
    const [command = "", ...rest] = block.trimEnd().split("\n");
    if (command.startsWith("#")) return [command, ...rest].join("\n");
    return `${command}\n----\n${interpreter.run(command).trimEnd()}`;
  }).join("\n\n") + "\n";
}

for (const { name } of Deno.readDirSync(directory)) {
  if (!name.endsWith(".txt")) continue;
  Deno.test(`transcript ${name}`, () => {
    const path = new URL(name, directory);
    const expected = Deno.readTextFileSync(path);
    const actual = replay(expected);
    if (rewrite) Deno.writeTextFileSync(path, actual);
    else assertEquals(actual, expected);
  });
}
