/** Fuzzes the ZMTP connection: `deno task fuzz [CASES] [FIRST SEED]`. A seed that breaks something is named, and breaks it again. */
import { fuzzCase } from "./fuzz_case.ts";

// Most connections end with an error that nobody looks into.
Error.stackTraceLimit = 0;

const DEFAULT_CASES = 10_000_000;
const REPORT_EVERY = 500_000;

const [cases = DEFAULT_CASES, first = 1_000_000] = Deno.args.map(Number);
const ends = new Map<string, number>();
const begin = performance.now();
for (let seed = first; seed < first + cases; seed++) {
  let end: string;
  try {
    end = fuzzCase(seed);
  } catch (error) {
    console.error(`Seed ${seed} breaks it; here it is again, with its way there`);
    Error.stackTraceLimit = 50;
    fuzzCase(seed);
    throw error;
  }
  ends.set(end, (ends.get(end) ?? 0) + 1);
  if ((seed - first + 1) % REPORT_EVERY === 0) report(seed - first + 1);
}
report(cases);

function report(done: number): void {
  const seconds = (performance.now() - begin) / 1000;
  const sorted = Object.fromEntries([...ends].sort(([, a], [, b]) => b - a));
  console.log(`${done} cases in ${seconds.toFixed(0)} s: ${JSON.stringify(sorted)}`);
}
