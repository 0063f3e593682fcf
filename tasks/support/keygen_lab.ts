/** Runs `keygen` in this process. For tests. */
import { runKeygen } from "../keygen.ts";

/** Result of one run. */
export interface Run {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs `keygen` with these arguments. */
export async function keygen(...args: string[]): Promise<Run> {
  const [out, error]: [string[], string[]] = [[], []];
  const code = await runKeygen(args, { out: (line) => out.push(line), error: (line) => error.push(line) });
  return { code, out: out.join("\n"), error: error.join("\n") };
}
