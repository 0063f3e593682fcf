/** The command line of `deno task bench:capacity`. */
import { ConfigError } from "../../crypto/config_error.ts";
import { MAX_VERIFY_THREADS } from "../../crypto/signing/threads/verify_threads.ts";
import { readFlags, wholeNumber } from "../../tasks/support/flags.ts";

export const USAGE =
  `Measures what one replica does that has a core of its own: commands a second and core. First a cluster is put under load, and a
follower records all that reaches it; then that follower alone is started anew and fed the same, as fast as it takes it.

Usage: deno task bench:capacity [options]

  --replicas N          replicas of the cluster, at least 4 (default 4)
  --clients N           clients of the load that is recorded (default 64)
  --outstanding N       writes that each has under way (default 1)
  --size N              bytes of a value (default 200)
  --seconds N           how long the load is recorded (default 20)
  --window N            entries that are fed ahead of what the replica has committed (default 4)
  --verify-threads N    threads that help the replica checking signatures (default 0)
  --runs N              how often the recorded traffic is fed, each time to a new replica; the median is told (default 3)
  --json FILE           all figures
  --help                this text

Exit codes: 0 done, 1 failed, 2 wrong usage.
`;

const STRINGS = [
  "replicas",
  "clients",
  "outstanding",
  "size",
  "seconds",
  "window",
  "verify-threads",
  "runs",
  "json",
] as const;
const LEAST_REPLICAS = 4;
const MAX_WINDOW = 64;

export interface CapacityPlan {
  readonly replicas: number;
  readonly clients: number;
  readonly outstanding: number;
  readonly size: number;
  readonly seconds: number;
  /** Entries that are fed ahead of the replica's commit index. */
  readonly window: number;
  readonly verifyThreads: number;
  readonly runs: number;
  readonly json: string | null;
}

/** Parses the arguments. Throws `ConfigError`. */
export function readCapacityPlan(args: readonly string[]): CapacityPlan {
  const flags = readFlags(args, STRINGS, []);
  const number = (name: Exclude<typeof STRINGS[number], "json">, otherwise: number, least = 1, most = Infinity) => {
    const given = wholeNumber(name, flags[name]) ?? otherwise;
    if (given >= least && given <= most) return given;
    const wanted = most === Infinity ? `at least ${least}` : `${least} to ${most}`;
    throw new ConfigError(`--${name}: given ${given}, wanted ${wanted}`);
  };
  return {
    replicas: number("replicas", LEAST_REPLICAS, LEAST_REPLICAS),
    clients: number("clients", 64),
    outstanding: number("outstanding", 1),
    size: number("size", 200, 1, 65_536),
    seconds: number("seconds", 20),
    window: number("window", 4, 1, MAX_WINDOW),
    verifyThreads: number("verify-threads", 0, 0, MAX_VERIFY_THREADS),
    runs: number("runs", 3),
    json: flags.json ?? null,
  };
}
