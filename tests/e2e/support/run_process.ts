/** Runs a process of this project to its end. */
import { DenoProcess } from "../../../tasks/support/deno_process.ts";

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs `script` with a permission set of `deno.json` and returns what it printed. Its input is open and empty. */
export async function runProcess(permissions: string, script: string, ...args: readonly string[]): Promise<Ended> {
  await using process = new DenoProcess(permissions, script, args);
  const { code } = await process.exited;
  await Promise.all([process.stdout.ended, process.stderr.ended]);
  return { code, out: process.stdout.lines.join("\n"), error: process.stderr.lines.join("\n") };
}
