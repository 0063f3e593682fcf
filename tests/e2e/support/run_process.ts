/** Runs a process of this project to its end. */
import { DenoProcess } from "../../../tasks/support/deno_process.ts";

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Time after which a process that has not ended is killed. */
const PATIENCE_MS = 60_000;

/** Runs `script` with a permission set of `deno.json` and returns what it printed. Its input is open and empty. */
export async function runProcess(permissions: string, script: string, ...args: readonly string[]): Promise<Ended> {
  await using process = new DenoProcess(permissions, script, args);
  return await ended(process);
}

/** Runs a replica with the permissions that `args` make it need, and returns what it printed. */
export async function runReplica(...args: readonly string[]): Promise<Ended> {
  await using process = await DenoProcess.replica(args);
  return await ended(process);
}

async function ended(process: DenoProcess): Promise<Ended> {
  const timer = setTimeout(() => process.signal("SIGKILL"), PATIENCE_MS);
  const { code } = await process.exited.finally(() => clearTimeout(timer));
  await Promise.all([process.stdout.ended, process.stderr.ended]);
  return { code, out: process.stdout.lines.join("\n"), error: process.stderr.lines.join("\n") };
}
