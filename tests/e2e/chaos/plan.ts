/** The command line of `deno task chaos`. */
import { ConfigError } from "../../../crypto/config_error.ts";
import { readFlags, wholeNumber } from "../../../tasks/support/flags.ts";

export const USAGE =
  `Kills replicas of a real cluster with SIGKILL, again and again, while clients write, compare and read; then checks that
nothing acknowledged was lost and that every client saw one copy of the store (linearizability, key by key).

Usage: deno task chaos [options]

  --minutes N           how long replicas are killed (default 10)
  --changes N           instead: N changes of the roster in a row, of every kind, each with a member that lies (--byzantine) in a way of its own,
                        while replicas are killed; tells the longest time without an acknowledged write around each
  --seed N              what is killed when (default: random, and printed); processes and clocks are real, so a run never repeats exactly
  --clients N           clients, each with two operations under way (default 6)
  --checkpoint-every N  K of the roster (default 50)
  --log-tail N          entries kept below a checkpoint (default 20)
  --no-wipes            no replica loses its disk
  --out FILE            where the history goes when something is wrong (default chaos-SEED.jsonl)
  --json FILE           the figures
  --help                this text

Exit codes: 0 all is there, 1 something acknowledged is lost, unreadable or out of order, 2 wrong usage.
`;

export interface ChaosPlan {
  readonly seconds: number;
  readonly seed: number;
  readonly clients: number;
  readonly checkpointEvery: number;
  readonly logTail: number;
  readonly wipes: boolean;
  /** Minimum and maximum seconds between the beginnings of two attacks. */
  readonly pauseSeconds: readonly [number, number];
  readonly electionTimeoutMs: number;
}

/** Returns a plan with everything not given filled in. */
export const chaosPlan = (given: Partial<ChaosPlan> = {}): ChaosPlan => ({
  seconds: 600,
  seed: crypto.getRandomValues(new Uint32Array(1))[0]! % 1_000_000,
  clients: 6,
  checkpointEvery: 50,
  logTail: 20,
  wipes: true,
  pauseSeconds: [2, 5],
  electionTimeoutMs: 500,
  ...given,
});

export interface ChaosCommand {
  readonly plan: ChaosPlan;
  /** Number of changes of the roster to make instead; null for none. */
  readonly changes: number | null;
  readonly out: string;
  readonly json: string | null;
}

/** Parses the arguments. Throws `ConfigError`. */
export function readChaosCommand(args: readonly string[]): ChaosCommand {
  const strings = ["minutes", "changes", "seed", "clients", "checkpoint-every", "log-tail", "out", "json"] as const;
  const flags = readFlags(args, strings, ["no-wipes"]);
  const number = (name: typeof strings[number], otherwise: number) => wholeNumber(name, flags[name]) ?? otherwise;
  const usual = chaosPlan();
  const plan = chaosPlan({
    seconds: 60 * number("minutes", 10),
    seed: number("seed", usual.seed),
    clients: number("clients", usual.clients),
    checkpointEvery: number("checkpoint-every", usual.checkpointEvery),
    logTail: number("log-tail", usual.logTail),
    wipes: !flags["no-wipes"],
  });
  if (plan.seconds < 60) throw new ConfigError("--minutes: given 0, wanted at least 1");
  if (plan.clients < 1) throw new ConfigError("--clients: given 0, wanted at least 1");
  const changes = wholeNumber("changes", flags.changes) ?? null;
  if (changes === 0) throw new ConfigError("--changes: given 0, wanted at least 1");
  return { plan, changes, out: flags.out ?? `chaos-${plan.seed}.jsonl`, json: flags.json ?? null };
}
