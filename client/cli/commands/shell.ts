import type { Command } from "./command.ts";

export const shell: Command = {
  name: "shell",
  usage: "shell",
  summary: "read one command a line from standard input and answer each in order",
  notes: [
    "With --json each line is answered by one JSON value on a line. Quotes and backslashes work as usual; lines that begin with # are",
    'skipped; "exit" or the end of the input ends it. The exit code is the highest one of any line.',
    "On a terminal lines are edited, and the arrows bring back earlier ones of this shell: no file keeps them.",
  ],
  operands: [0, 0],
  options: {},
  run: null,
};
