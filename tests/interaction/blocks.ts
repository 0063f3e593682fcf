/**
 * Splits a transcript into blocks with blank lines between them. A block is a comment, or one command and, below `----`, its output;
 * anything else is rejected, lest a command be taken for output and lost when the file is rewritten.
 */
import { ConfigError } from "../../crypto/config_error.ts";

export interface Block {
  /** Number of its first line, from 1. */
  readonly line: number;
  readonly kind: "comment" | "command";
  /** The lines of a comment, or the command alone. */
  readonly text: string;
}

interface Line {
  readonly number: number;
  readonly text: string;
}

const RULE = "----";
const isComment = ({ text }: Line): boolean => text.startsWith("#");
/** Returns whether a line is output of a command: `ok`, or a line that begins with a time. */
const isOutput = ({ text }: Line): boolean => /^(ok$| *\d+ \S)/.test(text);

/** Returns the blocks of the file `name`, which holds `text`. Throws ConfigError with file and line of the first invalid one. */
export function readBlocks(name: string, text: string): readonly Block[] {
  const blocks = groupLines(text).map((lines) => readBlock(name, lines));
  if (blocks.some(({ kind }) => kind === "command")) return blocks;
  throw new ConfigError(`${name}: given no command, wanted at least one`);
}

function groupLines(text: string): Line[][] {
  const groups: Line[][] = [[]];
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "") groups.push([]);
    else groups.at(-1)!.push({ number: at + 1, text: line.trimEnd() });
  }
  return groups.filter((lines) => lines.length > 0);
}

function readBlock(name: string, lines: readonly Line[]): Block {
  const [first, second, ...output] = lines as [Line, ...Line[]];
  const refuse = ({ number, text }: Line, wanted: string) =>
    new ConfigError(`${name}:${number}: given "${text}" ${wanted}`);
  if (isComment(first)) {
    const other = lines.find((line) => !isComment(line));
    if (other) throw refuse(other, "in a comment, wanted a blank line before it");
    return { line: first.number, kind: "comment", text: lines.map(({ text }) => text).join("\n") };
  }
  if (first.text === RULE) throw refuse(first, "without a command, wanted one above it and no blank line between");
  if (second && second.text !== RULE) throw refuse(second, `below a command, wanted ${RULE} or a blank line`);
  const odd = output.find((line) => !isOutput(line));
  if (odd) throw refuse(odd, "among output, wanted a blank line before it, or a line that begins with a time");
  return { line: first.number, kind: "command", text: first.text };
}
