/** The client process from its arguments to its exit code. */
import { type CommandLine, parseCommandLine, wantsJson } from "./arguments.ts";
import { EXIT, type ExitCode } from "./common/exit_codes.ts";
import { refuseAltered } from "./common/utf8.ts";
import type { Connect } from "./connect.ts";
import { helpText } from "./help.ts";
import { readAll } from "./input.ts";
import type { Io } from "./io.ts";
import { offlineCall, print, report, runCommand } from "./report.ts";
import { runShell, SHELL } from "./shell.ts";

/** Runs one command line and returns the exit code. Never throws. */
export async function runCli(args: readonly string[], io: Io, connect: Connect): Promise<ExitCode> {
  try {
    refuseAltered(args);
    return await runLine(parseCommandLine(args), io, connect);
  } catch (error) {
    return reportAnywhere(io, wantsJson(args), error);
  }
}

/** Reports `error` where there is somebody to read it. */
function reportAnywhere(io: Io, json: boolean, error: unknown): ExitCode {
  try {
    return report(io, json, error);
  } catch (closed) {
    return report(io, false, closed);
  }
}

async function runLine({ globals, invocation }: CommandLine, io: Io, connect: Connect): Promise<ExitCode> {
  if (globals.help || invocation === null) {
    const help = helpText(invocation?.command ?? null);
    io.out(globals.json ? `${JSON.stringify({ ok: true, help })}\n` : `${help}\n`);
    return EXIT.done;
  }
  const offline = invocation.command.offline?.(invocation.options) ?? null;
  if (offline !== null) return print(io, globals.json, await offline(offlineCall(invocation, io, globals)));
  const client = await connect(globals);
  try {
    if (invocation.command.name === SHELL) return await runShell(client, io, globals);
    const readStdin = (maxBytes: number) => readAll(io.stdin, maxBytes);
    return print(io, globals.json, await runCommand(invocation, client, io, globals, readStdin));
  } finally {
    await client.close();
  }
}
