/** The command line of `deno task experiment`. */
import { ConfigError } from "../../crypto/config_error.ts";
import { readFlags, wholeNumber } from "../../tasks/support/flags.ts";

export const USAGE =
  `Draws the time to commit k commands for plain Raft (the crash profile), BFT Raft and etcd, and what each security feature costs.

Usage: deno task experiment [options]

  --commands K1,K2,…  numbers of commands (default 1,10,100,500,1000,5000)
  --size N            bytes of a value, 1 to 65536 (default 200)
  --runs N            how often all of this is done, each time with new clusters; medians are told (default 3)
  --only NAMES        only systems whose names contain one of these texts, separated by commas
  --csv FILE          all medians
  --svg FILE          plot of them
  --provisional       says in the plot that the machine was not quiet
  --help              this text

etcd is measured where it is on PATH. One process issues the commands, at most 64 at a time, each for itself. docs/dial.md explains every
figure. Linux only. Exit codes: 0 done, 1 failed, 2 wrong usage.
`;

const STRINGS = ["commands", "size", "runs", "only", "csv", "svg"] as const;
const MAX_VALUE_BYTES = 65_536;
const MAX_COMMANDS = 1_000_000;

export interface ExperimentPlan {
  /** Numbers of commands, ascending. */
  readonly commands: readonly number[];
  readonly size: number;
  readonly runs: number;
  /** Texts of which a system's name has to contain one; null for all systems. */
  readonly only: readonly string[] | null;
  readonly csv: string | null;
  readonly svg: string | null;
  readonly provisional: boolean;
}

/** Parses the arguments. Throws `ConfigError`. */
export function readExperimentPlan(args: readonly string[]): ExperimentPlan {
  const flags = readFlags(args, STRINGS, ["provisional"]);
  const number = (name: string, text: string, most: number): number => {
    const given = wholeNumber(name, text)!;
    if (given >= 1 && given <= most) return given;
    throw new ConfigError(`--${name}: given ${given}, wanted 1 to ${most}`);
  };
  const commands = (flags.commands ?? "1,10,100,500,1000,5000").split(",").map((text) =>
    number("commands", text, MAX_COMMANDS)
  );
  return {
    commands: [...new Set(commands)].sort((a, b) => a - b),
    size: number("size", flags.size ?? "200", MAX_VALUE_BYTES),
    runs: number("runs", flags.runs ?? "3", 1000),
    only: flags.only?.split(",") ?? null,
    csv: flags.csv ?? null,
    svg: flags.svg ?? null,
    provisional: flags.provisional,
  };
}
