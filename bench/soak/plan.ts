/** The command line of `deno task soak`. */
import { ConfigError } from "../../crypto/config_error.ts";
import { readFlags, wholeNumber } from "../../tasks/support/flags.ts";

export const USAGE =
  `Runs a real cluster of four processes under steady load, for long, and measures what it uses meanwhile. On the way one
replica loses its disk and comes back without it.

Usage: deno task soak [options]

  --minutes N           how long the load runs (default 30)
  --clients N           writers, each with keys of its own and one write under way (default 16)
  --rate N              writes a second of all of them together (default: each writes again as soon as it is answered)
  --checkpoint-every N  K of the roster (default 200)
  --log-tail N          entries kept below a checkpoint (default 100)
  --keys N              keys written, over and over (default 2000)
  --size N              bytes of a value, at least 16 (default 200)
  --wipe-at M           minute in which a replica loses its disk (default: at 40 % of the time)
  --json FILE           samples, events and results
  --svg FILE            plot of memory, disk, log and throughput
  --help                this text

Exit codes: 0 everything acknowledged is there and all replicas agree, 1 not so, 2 wrong usage.
`;

const STRINGS = [
  ...["minutes", "clients", "rate", "checkpoint-every", "log-tail", "keys", "size", "wipe-at", "json", "svg"] as const,
];

export interface SoakPlan {
  readonly replicas: 4;
  readonly minutes: number;
  readonly clients: number;
  readonly rate: number | null;
  readonly checkpointEvery: number;
  readonly logTail: number;
  readonly keys: number;
  readonly size: number;
  readonly wipeAtMinutes: number;
  readonly json: string | null;
  readonly svg: string | null;
}

/** Parses the arguments. Throws `ConfigError`. */
export function readSoakPlan(args: readonly string[]): SoakPlan {
  const flags = readFlags(args, STRINGS, []);
  const minutes = wholeNumber("minutes", flags.minutes) ?? 30;
  const plan: SoakPlan = {
    replicas: 4,
    minutes,
    clients: wholeNumber("clients", flags.clients) ?? 16,
    rate: wholeNumber("rate", flags.rate) ?? null,
    checkpointEvery: wholeNumber("checkpoint-every", flags["checkpoint-every"]) ?? 200,
    logTail: wholeNumber("log-tail", flags["log-tail"]) ?? 100,
    keys: wholeNumber("keys", flags.keys) ?? 2000,
    size: wholeNumber("size", flags.size) ?? 200,
    wipeAtMinutes: wholeNumber("wipe-at", flags["wipe-at"]) ?? 0.4 * minutes,
    json: flags.json ?? null,
    svg: flags.svg ?? null,
  };
  requireSense(plan);
  return plan;
}

function requireSense({ minutes, clients, keys, size, wipeAtMinutes, rate }: SoakPlan): void {
  if (minutes < 1) throw new ConfigError(`--minutes: given ${minutes}, wanted at least 1`);
  if (clients < 1) throw new ConfigError(`--clients: given ${clients}, wanted at least 1`);
  if (keys < clients) {
    throw new ConfigError(`--keys: given ${keys}, wanted at least one for each of ${clients} clients`);
  }
  if (size < 16 || size > 65_536) throw new ConfigError(`--size: given ${size}, wanted 16 to 65536`);
  if (rate === 0) throw new ConfigError("--rate: given 0, wanted at least 1");
  if (wipeAtMinutes >= minutes) throw new ConfigError(`--wipe-at: given ${wipeAtMinutes}, wanted less than ${minutes}`);
}
