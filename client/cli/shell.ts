/** The shell: one command a line from standard input, each answered before the next is read. */
import type { Client } from "../client_types.ts";
import { UsageError } from "../errors.ts";
import { parseShellWords } from "./arguments.ts";
import { EXIT, type ExitCode } from "./common/exit_codes.ts";
import { helpText } from "./help.ts";
import { readLines } from "./input.ts";
import type { Io } from "./io.ts";
import { offlineCall, print, report, runCommand } from "./report.ts";
import { splitWords } from "./words.ts";
import type { GlobalOptions } from "./common/global_options.ts";

/** Name of the command that starts it. */
export const SHELL = "shell";
/** Characters of one line; a value of 64 KiB with every character escaped fits. */
const MAX_LINE_CHARS = 256 * 1024;

/**
 * Runs one command per line until standard input ends or a line says `exit`. Blank lines and lines that begin with `#` are skipped. Returns
 * the highest exit code of any line, so that a script sees that one failed.
 */
export async function runShell(client: Client, io: Io, globals: GlobalOptions): Promise<ExitCode> {
  let worst: ExitCode = EXIT.done;
  const prompt = () => {
    if (io.stdinIsTerminal && !globals.json) io.out("> ");
  };
  prompt();
  for await (const line of readLines(io.stdin, MAX_LINE_CHARS)) {
    if (line?.trim() === "exit") break;
    if (line === null || !/^\s*(?:#|$)/.test(line)) {
      const code = await runShellLine(line, client, io, globals);
      if (code > worst) worst = code;
    }
    prompt();
  }
  return worst;
}

async function runShellLine(
  line: string | null,
  client: Client,
  io: Io,
  globals: GlobalOptions,
): Promise<ExitCode> {
  const { json } = globals;
  try {
    if (line === null) {
      throw new UsageError(`line was given longer than ${MAX_LINE_CHARS} characters; wanted at most that`);
    }
    const words = splitWords(line);
    if (words[0] === "help" || words.includes("--help")) {
      return print(io, json, { exitCode: EXIT.done, json: { help: helpText(null) }, output: helpText(null) });
    }
    const invocation = parseShellWords(words);
    const offline = invocation.command.offline?.(invocation.options) ?? null;
    if (offline !== null) return print(io, json, await offline(offlineCall(invocation, io, globals)));
    return print(io, json, await runCommand(invocation, client, io, globals, noStdin));
  } catch (error) {
    return report(io, json, error);
  }
}

function noStdin(): Promise<never> {
  throw new UsageError('value was given "-"; wanted the value itself: standard input carries the commands here');
}
