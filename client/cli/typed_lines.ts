/** Lines typed at a terminal, with editing and a history that ends with the process: values may be secrets, so no file keeps them. */
import process from "node:process";
import { createInterface, type Interface } from "node:readline";
import { REPLACEMENT } from "./common/utf8.ts";
import type { Line } from "./input.ts";

const MAX_HISTORY = 1000;

/**
 * Yields lines as they are typed, each behind `prompt`. Ends at Ctrl-D, and at Ctrl-C on an empty line; on another one that empties it. Between
 * a line and the next the terminal is as programs find it, so that Ctrl-C ends the process.
 */
export async function* readTyped(prompt: string): AsyncGenerator<Line> {
  const editor = createInterface({
    ...{ input: process.stdin, output: process.stdout, terminal: true, prompt },
    ...{ historySize: MAX_HISTORY, removeHistoryDuplicates: true },
  });
  editor.on("SIGINT", () => interrupt(editor));
  // Ended by a key and not by what the reader of the lines decides: then the shell's own prompt goes on behind this one.
  editor.on("close", () => process.stdout.write("\r\n"));
  try {
    editor.prompt();
    for await (const text of editor) {
      process.stdin.setRawMode(false);
      // The editor decodes what is typed, and tells of bytes that are not UTF-8 in this way alone.
      yield text.includes(REPLACEMENT) ? { kind: "not-utf8" } : { kind: "text", text };
      process.stdin.setRawMode(true);
      editor.prompt();
    }
  } finally {
    editor.removeAllListeners("close");
    editor.close();
  }
}

function interrupt(editor: Interface): void {
  if (editor.line === "") return editor.close();
  // Ctrl-U and Ctrl-K: what stands before the cursor, and behind it.
  editor.write(null, { ctrl: true, name: "u" });
  editor.write(null, { ctrl: true, name: "k" });
}
