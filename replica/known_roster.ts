/**
 * The roster that a data directory was used with last. All that was signed and counted on this disk rests on its replicas and constants, so a roster
 * with others is refused (§2.1). A later epoch may have more clients and other addresses.
 */
import { canonicalJson } from "../crypto/canonical_json.ts";
import { ConfigError } from "../crypto/config_error.ts";
import { sha256Hex } from "../crypto/digest.ts";
import { rosterDigest } from "../crypto/roster/roster.ts";
import type { Roster } from "../crypto/roster/roster_types.ts";
import type { ProtocolConstants } from "../protocol/config.ts";
import type { Storage } from "./storage/port.ts";

const META = "roster";

/** The part of a roster that a disk remembers. */
interface Known {
  readonly epoch: number;
  /** Digest of the whole roster. */
  readonly digest: string;
  /** Digest of what may never change under a disk: replicas in their order, their signing keys, constants. */
  readonly fixed: string;
}

/** Returns constants as rosters had them before there were profiles: a disk of that time goes on. */
const withoutDefault = ({ profile, ...others }: ProtocolConstants) =>
  profile === "byzantine" ? others : { profile, ...others };

function knownOf(roster: Roster): Known {
  const { epoch, cluster, operatorKey, replicas } = roster;
  const constants = withoutDefault(roster.constants);
  const members = replicas.map(({ id, publicKey }) => [id, publicKey]);
  const fixed = canonicalJson([cluster, operatorKey, constants, members]);
  return { epoch, digest: rosterDigest({ ...roster, constants }), fixed: sha256Hex(new TextEncoder().encode(fixed)) };
}

/**
 * Throws `ConfigError` unless this disk may go on with `roster`: it is the one it knows, or of a later epoch with the same replicas and constants,
 * which it knows from then on. A disk without one takes any. All replicas have to be given the same; no disk can see that of the others.
 */
export function requireKnownRoster(storage: Pick<Storage, "getMeta" | "setMeta">, roster: Roster): void {
  const text = storage.getMeta(META);
  const given = knownOf(roster);
  if (text !== null) requireSuccessor(JSON.parse(text), given);
  const next = JSON.stringify(given);
  if (next !== text) storage.setMeta(META, next);
}

function requireSuccessor(known: Known, given: Known): void {
  if (given.epoch < known.epoch) {
    throw new ConfigError(
      `roster: given epoch ${given.epoch}, wanted ${known.epoch} or later: this replica ran with that one already`,
    );
  }
  if (given.epoch === known.epoch && given.digest !== known.digest) {
    throw new ConfigError(
      `roster: given another one of epoch ${given.epoch} (${given.digest}), wanted ${known.digest}, with which this replica ran`,
    );
  }
  if (given.fixed !== known.fixed) {
    throw new ConfigError(
      `roster: given other replicas, keys or constants than this replica ran with in epoch ${known.epoch}, wanted the same: ` +
        "only clients and addresses can be changed",
    );
  }
}
