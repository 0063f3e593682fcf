/** The command line of `deno task bench:overload`. */
import { ConfigError } from "../../crypto/config_error.ts";
import { readFlags, wholeNumber } from "../../tasks/support/flags.ts";

export const USAGE =
  `Offers a real cluster on this machine more than it can take, and judges what becomes of it; then, if it is told to, loads it
fully for long and judges whether its memory stays flat.

Usage: deno task bench:overload [options]

  --seconds N           how long the overload lasts (default 60)
  --times N             what is offered, as a multiple of the peak, which is measured before (default 2)
  --memory-minutes N    how long the memory is looked at, under full load (default 0: not at all)
  --processes N         client processes (default 4)
  --outstanding N       writes that each has under way for the peak, and for the memory (default 256)
  --size N              bytes of a value (default 200)
  --json FILE           all figures, and the verdict
  --help                this text

docs/performance.md says what is judged and why. Exit codes: 0 all held, 1 something did not, 2 wrong usage.
`;

const STRINGS = ["seconds", "times", "memory-minutes", "processes", "outstanding", "size", "json"] as const;

export interface OverloadPlan {
  readonly seconds: number;
  readonly times: number;
  readonly memoryMinutes: number;
  readonly processes: number;
  readonly outstanding: number;
  readonly size: number;
  readonly json: string | null;
}

/** Parses the arguments. Throws `ConfigError`. */
export function readOverloadPlan(args: readonly string[]): OverloadPlan {
  const flags = readFlags(args, STRINGS, []);
  const number = (name: Exclude<typeof STRINGS[number], "json">, otherwise: number, least = 1): number => {
    const given = wholeNumber(name, flags[name]) ?? otherwise;
    if (given < least) throw new ConfigError(`--${name}: given ${given}, wanted at least ${least}`);
    return given;
  };
  return {
    ...{ seconds: number("seconds", 60), times: number("times", 2), memoryMinutes: number("memory-minutes", 0, 0) },
    ...{ processes: number("processes", 4), outstanding: number("outstanding", 256), size: number("size", 200) },
    json: flags.json ?? null,
  };
}
