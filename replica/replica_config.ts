/** One replica's configuration, from the signed roster and a key file (§2.1). */
import { ConfigError } from "../crypto/config_error.ts";
import type { KeyFile } from "../crypto/keys/key_file.ts";
import { lists, requireMember } from "../crypto/roster/key_ring.ts";
import type { Roster, RosterReplica } from "../crypto/roster/roster_types.ts";
import type { CoreConfig } from "../protocol/config.ts";
import { ANY_HOST, hostKind } from "../protocol/host.ts";
import type { ReplicaTransportOptions } from "../transport/mod.ts";

const SEED_WORDS = 1;

/** Returns a seed for timer jitter from the system's random source. */
const randomSeed = (): number => crypto.getRandomValues(new Int32Array(SEED_WORDS))[0]!;

/** Returns the roster's entry of the replica that `key` belongs to. Throws `ConfigError` if it is not a replica's key of this roster. */
export function ownLine(roster: Roster, key: KeyFile): RosterReplica {
  requireMember(roster, key, ["replica"]);
  return roster.replicas.find(({ id }) => id === key.id)!;
}

/**
 * Returns the same of a roster that its predecessors prove: that one is believed whatever operator the key file pins, who may have other keys since. Throws
 * `ConfigError` if it does not list the replica with this key.
 */
export function lineInForce(roster: Roster, key: KeyFile): RosterReplica {
  const line = roster.replicas.find(({ id }) => id === key.id);
  if (line !== undefined && !lists(roster, key)) {
    throw new ConfigError(
      `key of replica ${key.id}: given public key ${key.publicKey}, wanted ${line.publicKey}, with which the roster in force lists it since epoch ${roster.epoch} or ` +
        "before: start it with the file of that key",
    );
  }
  return ownLine(roster, { ...key, operatorKey: roster.operatorKey });
}

/** Returns the core's configuration for `self`; everything but the seed is a constant of the roster. */
export function coreConfigOf(roster: Roster, self: RosterReplica, seed: number = randomSeed()): CoreConfig {
  return {
    clusterId: roster.cluster,
    self: self.id,
    replicas: roster.replicas.map(({ id }) => id),
    clients: new Set(roster.clients.map(({ id }) => id)),
    constants: roster.constants,
    seed,
  };
}

/** Returns the addresses `self` listens on. Names cannot be bound: for a name it listens on all IPv4 interfaces. */
export function bindAddresses(self: RosterReplica, bindHost: string | null): ReplicaTransportOptions["bind"] {
  const ownHost = hostKind(self.host) === "name" ? ANY_HOST : self.host;
  const { peerPort, publishPort, clientPort } = self;
  return { host: bindHost ?? ownHost, peerPort, publishPort, clientPort };
}
