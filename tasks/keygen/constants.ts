/** Flags for what a cluster's first roster fixes for ever. */
import { ConfigError } from "../../crypto/config_error.ts";
import type { FirstChoices } from "../../crypto/roster/first_roster.ts";
import type { ProtocolConstants } from "../../protocol/config.ts";
import { type Profile, PROFILES } from "../../protocol/quorum.ts";
import { type Flags, wholeNumber } from "../support/flags.ts";

export const CONSTANT_STRINGS = [
  "profile",
  "election-timeout-ms",
  "checkpoint-every",
  "log-tail",
  "office-entries",
  "office-ms",
  "pace-ms",
] as const;
export const CONSTANT_BOOLEANS = ["fast-reads", "allow-plaintext"] as const;

export const CONSTANTS_USAGE = `\
  --profile NAME             byzantine (default): up to f of 3f+1 replicas may lie; or crash: plain Raft, up to c of
                             2c+1 may crash, none may lie, and nothing is signed (docs/dial.md)
  --fast-reads               enable fast reads; every write then waits for a quorum of equal answers
  --allow-plaintext          let nodes run with --insecure-plaintext: for debugging, never for a cluster that matters
  --election-timeout-ms N    lower end of the election timeout (default 1000)
  --checkpoint-every N       entries between checkpoints, 1 to 4096 (default 1000); seldom ones cost less work,
                             and make the log and a restart longer
  --log-tail N               entries kept below the last checkpoint, 1 to 16384 (default 1000); who is further behind
                             fetches the whole state
  --office-entries N         entries after which a leader is to hand over, from 64 on; 0: never (default)
  --office-ms N              time after which it is, from 4 election timeouts on; 0: never (default)
  --pace-ms N                pace expected of a leader: twice what a client's oldest request may wait; 0: none is expected
                             (default: the election timeout, 1000 at least; at most the end of patience, 32000)
`;

/** Returns the profile that a flag names, by default `byzantine`. Throws `ConfigError`. */
export function profileOf(given: string | undefined): Profile {
  const found = PROFILES.find((profile) => profile === (given ?? "byzantine"));
  if (found === undefined) throw new ConfigError(`--profile: given "${given}", wanted one of ${PROFILES.join(", ")}`);
  return found;
}

/** Returns the choices made by flags. */
export function firstChoices(
  flags: Flags<(typeof CONSTANT_STRINGS)[number], (typeof CONSTANT_BOOLEANS)[number]>,
): FirstChoices {
  return {
    allowPlaintext: flags["allow-plaintext"],
    constants: {
      profile: profileOf(flags.profile),
      fastReads: flags["fast-reads"],
      ...numberGiven(flags, "election-timeout-ms", "electionTimeoutMs"),
      ...numberGiven(flags, "checkpoint-every", "checkpointEvery"),
      ...numberGiven(flags, "log-tail", "logTail"),
      ...numberGiven(flags, "office-entries", "officeEntries"),
      ...numberGiven(flags, "office-ms", "officeMs"),
      ...numberGiven(flags, "pace-ms", "paceMs"),
    },
  };
}

/** Returns the constant that a flag gives as a whole number; nothing where the flag is not given. */
function numberGiven(
  flags: Readonly<Partial<Record<(typeof CONSTANT_STRINGS)[number], string | undefined>>>,
  flag: (typeof CONSTANT_STRINGS)[number],
  constant: keyof ProtocolConstants,
): Partial<ProtocolConstants> {
  const number = wholeNumber(flag, flags[flag]);
  return number === undefined ? {} : { [constant]: number };
}

/** Returns the flags among those of a first roster that were given. */
export const constantsGiven = (flags: Readonly<Record<string, string | boolean | undefined>>): string[] =>
  [...CONSTANT_STRINGS, ...CONSTANT_BOOLEANS].filter((name) => flags[name] !== undefined && flags[name] !== false);
