/** The command line of `deno task bench:transfer`. */
import { ConfigError } from "../../crypto/config_error.ts";
import { readFlags, wholeNumber } from "../../tasks/support/flags.ts";

export const USAGE =
  `Fills a real cluster of four processes, takes one replica's disk away, and measures how it fetches the state again, and what
that costs a small steady load.

Usage: deno task bench:transfer [options]

  --mib N               size of the state (default 200)
  --value-kib N         size of its values, at most 64 (default 48)
  --clients N           writers of the steady load (default 4)
  --rate N              writes a second of the steady load (default 100)
  --size N              bytes of each of its values (default 200)
  --seconds N           how long each phase without a transfer is measured (default 15)
  --checkpoint-every N  K of the roster (default 500)
  --log-tail N          entries kept below a checkpoint (default 200)
  --json FILE           the figures
  --help                this text

Exit codes: 0 done, 1 not all that was acknowledged is there, 2 wrong usage.
`;

const STRINGS = [
  ...["mib", "value-kib", "clients", "rate", "size", "seconds", "checkpoint-every", "log-tail", "json"] as const,
];

export interface TransferPlan {
  readonly replicas: 4;
  readonly mib: number;
  readonly valueKib: number;
  readonly clients: number;
  readonly rate: number;
  readonly size: number;
  readonly seconds: number;
  readonly checkpointEvery: number;
  readonly logTail: number;
  readonly json: string | null;
}

/** Parses the arguments. Throws `ConfigError`. */
export function readTransferPlan(args: readonly string[]): TransferPlan {
  const flags = readFlags(args, STRINGS, []);
  const plan: TransferPlan = {
    replicas: 4,
    mib: wholeNumber("mib", flags.mib) ?? 200,
    valueKib: wholeNumber("value-kib", flags["value-kib"]) ?? 48,
    clients: wholeNumber("clients", flags.clients) ?? 4,
    rate: wholeNumber("rate", flags.rate) ?? 100,
    size: wholeNumber("size", flags.size) ?? 200,
    seconds: wholeNumber("seconds", flags.seconds) ?? 15,
    checkpointEvery: wholeNumber("checkpoint-every", flags["checkpoint-every"]) ?? 500,
    logTail: wholeNumber("log-tail", flags["log-tail"]) ?? 200,
    json: flags.json ?? null,
  };
  const { mib, valueKib, clients, rate, size, seconds } = plan;
  if (mib < 1) throw new ConfigError(`--mib: given ${mib}, wanted at least 1`);
  if (valueKib < 1 || valueKib > 64) throw new ConfigError(`--value-kib: given ${valueKib}, wanted 1 to 64`);
  if (size < 16 || size > 65_536) throw new ConfigError(`--size: given ${size}, wanted 16 to 65536`);
  if (Math.min(clients, rate, seconds) < 1) {
    throw new ConfigError("--clients, --rate, --seconds: wanted at least 1 each");
  }
  return plan;
}
