/** The command line without a process. */
import type { Connect } from "../../client/cli/connect.ts";
import type { Io } from "../../client/cli/io.ts";
import { runCli } from "../../client/cli/run.ts";

const utf8 = new TextEncoder();

/** Result of a run of the command line. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line once with its streams in memory. */
export async function runInMemory(
  connect: Connect,
  args: readonly string[],
  stdin: string | Uint8Array = "",
  terminal = false,
): Promise<Ran> {
  const out: Uint8Array[] = [];
  const err: string[] = [];
  const io: Io = {
    out: (data) => void out.push(typeof data === "string" ? utf8.encode(data) : data.slice()),
    err: (line) => void err.push(line),
    progress: () => {},
    stdin: new Blob([typeof stdin === "string" ? stdin : stdin.slice()]).stream(),
    typed: null,
    stdoutIsTerminal: terminal,
  };
  const code = await runCli(args, io, connect);
  return { code, out: new TextDecoder().decode(await new Blob(out as BlobPart[]).arrayBuffer()), err: err.join("\n") };
}
