/** The shell: one command a line from standard input, each answered before the next is read. */
import type { Client } from "../client_types.ts";
import { UsageError } from "../errors.ts";
import { parseShellWords, wantsHelp } from "./arguments.ts";
import { findCommand } from "./commands/mod.ts";
import { EXIT, type ExitCode } from "./common/exit_codes.ts";
import type { GlobalOptions } from "./common/global_options.ts";
import { OutputError } from "./common/standard_streams.ts";
import { helpText } from "./help.ts";
import { type Line, readLines } from "./input.ts";
import type { Io } from "./io.ts";
import { offlineCall, print, report, runCommand } from "./report.ts";
import { splitWords } from "./words.ts";

/** Name of the command that starts it. */
export const SHELL = "shell";
/** Bytes of one line; a value of 64 KiB with every character escaped fits. */
const MAX_LINE_BYTES = 256 * 1024;
const PROMPT = "> ";

/**
 * Runs one command per line until standard input ends or a line says `exit`. Blank lines and lines that begin with `#` are skipped. Returns
 * the highest exit code of any line, so that a script sees that one failed.
 */
export async function runShell(client: Client, io: Io, globals: GlobalOptions): Promise<ExitCode> {
  let worst: ExitCode = EXIT.done;
  for await (const line of globals.json || io.typed === null ? readLines(io.stdin, MAX_LINE_BYTES) : io.typed(PROMPT)) {
    if (line.kind === "text" && line.text.trim() === "exit") break;
    if (line.kind === "text" && /^\s*(?:#|$)/.test(line.text)) continue;
    const code = await runShellLine(line, client, io, globals);
    if (code > worst) worst = code;
  }
  return worst;
}

/** Runs one line. Throws `OutputError` if standard output takes no more, so that the next line is not run for nobody. */
async function runShellLine(line: Line, client: Client, io: Io, globals: GlobalOptions): Promise<ExitCode> {
  const { json } = globals;
  try {
    const words = splitWords(textOf(line));
    if (wantsHelp(words)) {
      const help = helpText(findCommand(words.find((word) => word !== "help") ?? "") ?? null);
      return print(io, json, { exitCode: EXIT.done, json: { help }, output: help });
    }
    const invocation = parseShellWords(words);
    const offline = invocation.command.offline?.(invocation.options) ?? null;
    if (offline !== null) return print(io, json, await offline(offlineCall(invocation, io, globals)));
    return print(io, json, await runCommand(invocation, client, io, globals, noStdin));
  } catch (error) {
    if (error instanceof OutputError) throw error;
    return report(io, json, error);
  }
}

function textOf(line: Line): string {
  switch (line.kind) {
    case "text":
      return line.text;
    case "too-long":
      throw new UsageError(`line was given longer than ${MAX_LINE_BYTES} bytes; wanted at most that`);
    case "not-utf8":
      throw new UsageError(
        `line was given with bytes that are not UTF-8; wanted UTF-8, other values with --hex or --base64`,
      );
  }
}

function noStdin(): Promise<never> {
  throw new UsageError('value was given "-"; wanted the value itself: standard input carries the commands here');
}
