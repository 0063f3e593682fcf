/** Runs a task from its arguments to its exit code, the same way for all of them. */
import { OutputError, writeError, writeOutput } from "../../client/cli/common/standard_streams.ts";
import { ConfigError } from "../../crypto/config_error.ts";
import { DenoProcess } from "./deno_process.ts";

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** Prints a line on standard output. Throws `OutputError` if that takes no more. */
export const printLine = (line: string): void => writeOutput(`${line}\n`);

/** Output of a task's lines. */
export interface Terminal {
  readonly out: (line: string) => void;
  readonly error: (line: string) => void;
}

const PROCESS: Terminal = { out: printLine, error: (line) => writeError(`${line}\n`) };

/** A task, as `deno.json` names it. */
export interface Task {
  readonly name: string;
  /** Printed for `--help`, which does nothing else. */
  readonly usage: string;
  /** Does its work and returns the exit code. Rejects with `ConfigError` on wrong usage or configuration. */
  readonly run: (args: readonly string[], print: Terminal["out"]) => Promise<number>;
  /** True if SIGINT and SIGTERM end it at once, with the processes that it has started; where left out, they do as they always do, or it sees to them itself. */
  readonly endsOnSignal?: boolean;
}

/**
 * Runs a task and returns its exit code. `--help` among the arguments prints the usage and does nothing, whatever else is given. What went wrong
 * outside of the program is told in one line; any other error is thrown on.
 */
export async function runTask(
  { name, usage, run, endsOnSignal = false }: Task,
  args: readonly string[] = Deno.args,
  terminal: Terminal = PROCESS,
): Promise<number> {
  try {
    if (endsOnSignal) endOnSignals(name, terminal);
    if (!args.includes("--help")) return await run(args, terminal.out);
    terminal.out(usage.trimEnd());
    return EXIT_DONE;
  } catch (error) {
    if (!isOutside(error)) throw error;
    terminal.error(`${name}: ${error.message}`);
    return error instanceof ConfigError ? EXIT_USAGE : EXIT_FAILED;
  }
}

function endOnSignals(name: string, { error }: Terminal): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      DenoProcess.killAll();
      error(`${name}: interrupted by ${signal}`);
      Deno.exit(EXIT_FAILED);
    });
  }
}

/** Returns whether a user, a system or another process is at fault. A program's own fault is told with the place where it happened. */
const isOutside = (error: unknown): error is Error =>
  error instanceof ConfigError || error instanceof OutputError ||
  (error instanceof Error && (error.name === "Error" || "code" in error));
