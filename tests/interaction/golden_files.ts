/** The files of this folder that hold what the interpreter prints, and what belongs into them now. */
import { describeCommands, play } from "./interpreter.ts";

const directory = new URL("./", import.meta.url);
/** The list of commands in `README.md`. */
const COMMANDS = /(?<=^```text\n).*?(?=\n```$)/ms;

/** A file whose text follows from its own commands. */
export interface GoldenFile {
  readonly name: string;
  readonly path: URL;
  /** Returns the present text. */
  read(): string;
  /** Returns the text that belongs there. Throws if the present one is not understood. */
  expected(): string;
}

function goldenFile(name: string, expect: (text: string) => string): GoldenFile {
  const path = new URL(name, directory);
  const read = () => Deno.readTextFileSync(path);
  return { name, path, read, expected: () => expect(read()) };
}

/** Returns the names of all transcripts. */
export const transcriptNames = (): string[] =>
  [...Deno.readDirSync(directory)].map(({ name }) => name).filter((name) => name.endsWith(".txt"));

const transcript = (name: string): GoldenFile => goldenFile(name, (text) => [...play(name, text)].join("\n\n") + "\n");

const readme = (): GoldenFile =>
  goldenFile("README.md", (text) => {
    if (!COMMANDS.test(text)) {
      throw new Error("README.md: given no list of commands, wanted one between ```text and ```");
    }
    return text.replace(COMMANDS, () => describeCommands());
  });

/** Returns all golden files. */
export const goldenFiles = (): GoldenFile[] => [...transcriptNames().map(transcript), readme()];
