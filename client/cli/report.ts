/** Runs one command and reports its result. */
import { diagnosed } from "../calls/diagnosis.ts";
import { printable } from "../calls/json_payload.ts";
import type { Client } from "../client_types.ts";
import { UsageError } from "../errors.ts";
import type { Invocation } from "./arguments.ts";
import type { CommandResult, OfflineCall } from "./commands/command.ts";
import { EXIT, type ExitCode, failureOf } from "./common/exit_codes.ts";
import type { GlobalOptions } from "./common/global_options.ts";
import { OutputError } from "./common/standard_streams.ts";
import { showingWait } from "./common/waiting.ts";
import type { Io } from "./io.ts";

/** Runs one command against `client`. */
export function runCommand(
  invocation: Invocation,
  client: Client,
  io: Io,
  globals: GlobalOptions,
  readStdin: (maxBytes: number) => Promise<Uint8Array>,
): Promise<CommandResult> {
  const { command } = invocation;
  if (command.run === null) throw new UsageError(`${command.name} was given inside a shell; wanted another command`);
  const call = offlineCall(invocation, io, globals);
  let reading = false;
  const read = (maxBytes: number) => {
    reading = true;
    return readStdin(maxBytes).finally(() => reading = false);
  };
  const emit = (line: string) => io.out(`${line}\n`);
  const context = { ...call, client, readStdin: read, emit, terminal: io.stdoutIsTerminal };
  const result = diagnosed(client, command.run(context));
  // Who is asked to type is not disturbed.
  return command.showsProgress ? result : showingWait(result, (line) => reading ? undefined : call.progress(line));
}

/** Returns the context every command gets. */
export function offlineCall({ operands, options }: Invocation, io: Io, globals: GlobalOptions): OfflineCall {
  return { globals, operands, options, progress: (line) => globals.json ? undefined : io.progress(line) };
}

/** Prints the result of a command, and returns its exit code. */
export function print(io: Io, json: boolean, result: CommandResult): ExitCode {
  if (json) io.out(`${JSON.stringify({ ok: result.exitCode === EXIT.done, ...result.json })}\n`);
  else if (result.exitCode === EXIT.done || result.output !== undefined) {
    io.out(result.output ?? "");
    if (result.exact !== true) io.out("\n");
  }
  if (!json && result.message !== undefined) io.err(result.message);
  return result.exitCode;
}

const MAX_MESSAGE = 2000;

/** Prints an error, and returns its exit code. Throws `OutputError` if it is to be printed as JSON and standard output takes no more. */
export function report(io: Io, json: boolean, error: unknown): ExitCode {
  const { exitCode, code, message } = failureOf(error);
  if (json && !(error instanceof OutputError)) io.out(`${JSON.stringify({ ok: false, error: { code, message } })}\n`);
  // Messages may quote a replica or a file.
  else io.err(`client: ${printable(message, MAX_MESSAGE)}`);
  return exitCode;
}
