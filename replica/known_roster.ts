/**
 * Disks from before there were epochs remember the roster that they were used with. One of epoch 1 goes on with that very roster, which its archive holds from
 * then on. Later epochs of that time, which all replicas were given while they were stopped, have no ends that prove them.
 */
import { ConfigError } from "../crypto/config_error.ts";
import type { SignedRoster } from "../crypto/roster/parse_roster.ts";
import { rosterDigest } from "../crypto/roster/roster.ts";
import type { Roster } from "../crypto/roster/roster_types.ts";
import type { Storage } from "./storage/port.ts";

/** The part of a roster that such a disk remembers. */
interface Known {
  readonly epoch: number;
  readonly digest: string;
}

/** Returns the digest that such a disk has of a roster: of what was read, without a profile where that is the usual one. */
function earlierDigest(roster: Roster): string {
  const { profile, ...others } = roster.constants;
  return rosterDigest({ ...roster, constants: profile === "byzantine" ? others : { profile, ...others } });
}

/** Throws `ConfigError` unless a disk without an archive may go on with a roster of epoch 1: it remembers none, or this one. */
export function requireKnownRoster(storage: Pick<Storage, "getMeta">, { roster, digest }: SignedRoster): void {
  const text = storage.getMeta("roster");
  if (text === null) return;
  const known: Known = JSON.parse(text);
  if (known.epoch > 1) {
    throw new ConfigError(
      `roster: given one of epoch ${roster.epoch} to a disk that ran with epoch ${known.epoch}, which its replicas were given while all were stopped; wanted a disk ` +
        "of epoch 1: there is no way from such an epoch to another. Restore a backup, taken with the version that ran it, in a new cluster",
    );
  }
  if (known.digest === digest || known.digest === earlierDigest(roster)) return;
  throw new ConfigError(
    `roster: given another one of epoch 1 (${digest}), wanted ${known.digest}, with which this replica ran`,
  );
}
