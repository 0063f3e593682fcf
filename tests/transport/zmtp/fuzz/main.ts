/** `deno task fuzz`: says to connections of the ZMTP engine what chance puts into its mouth. See `--help`. */
import { readFlags, wholeNumber } from "../../../../tasks/support/flags.ts";
import { EXIT_DONE, EXIT_FAILED, runTask } from "../../../../tasks/support/run_task.ts";
import { fuzzCase } from "./fuzz_case.ts";

const USAGE =
  `Opens connections of the ZMTP engine, says to each what its seed makes of honest and dishonest words, and checks what has to hold.

Usage: deno task fuzz [options]

  --cases N   connections (default 10000000, about half an hour on one core)
  --start N   first seed (default 1000000); a seed that breaks something is named, and breaks it again
  --help      this text

Exit codes: 0 done, 1 something broke, 2 wrong usage.
`;
const DEFAULT_CASES = 10_000_000;
const DEFAULT_START = 1_000_000;
const REPORT_EVERY = 500_000;

function fuzz(args: readonly string[], print: (line: string) => void): Promise<number> {
  const flags = readFlags(args, ["cases", "start"], []);
  const cases = wholeNumber("cases", flags.cases) ?? DEFAULT_CASES;
  const start = wholeNumber("start", flags.start) ?? DEFAULT_START;
  // Most connections end with an error that nobody looks into.
  Error.stackTraceLimit = 0;
  const ends = new Map<string, number>();
  for (let done = 0; done < cases; done++) {
    const end = liveThrough(start + done, print);
    if (end === null) return Promise.resolve(EXIT_FAILED);
    ends.set(end, (ends.get(end) ?? 0) + 1);
    if ((done + 1) % REPORT_EVERY === 0) print(report(done + 1, ends));
  }
  print(report(cases, ends));
  return Promise.resolve(EXIT_DONE);
}

/** Returns how the case ended, null if something broke. */
function liveThrough(seed: number, print: (line: string) => void): string | null {
  try {
    return fuzzCase(seed);
  } catch (error) {
    print(
      `seed ${seed}: ${
        error instanceof Error ? error.message : error
      }; again: deno task fuzz --start ${seed} --cases 1`,
    );
    return null;
  }
}

function report(done: number, ends: ReadonlyMap<string, number>): string {
  const sorted = [...ends].sort(([, a], [, b]) => b - a).map(([end, count]) => `${end} ${count}`);
  return `${done} cases: ${sorted.join(", ")}`;
}

if (import.meta.main) Deno.exit(await runTask({ name: "fuzz", usage: USAGE, run: fuzz }));
