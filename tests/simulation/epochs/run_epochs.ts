/** The epochs of a run: rosters that its operator made, and what everyone who has one knows. */
import { sha256Hex } from "../../../crypto/digest.ts";
import type { EpochName } from "../../../crypto/signing/signing.ts";
import type { ProtocolConstants } from "../../../protocol/config.ts";
import type { Head } from "../../../protocol/entry.ts";
import { type EpochEnd, nextAfter } from "../../../protocol/epochs/epoch_end.ts";
import { firstGenesis } from "../../../protocol/hash_chain.ts";
import { clientId, type ReplicaId } from "../../../protocol/ids.ts";
import type { EpochEndPacket } from "../../../protocol/packet.ts";
import type { RosterChanges } from "../../../protocol/ports.ts";
import { quorumOf } from "../../../protocol/quorum.ts";
import { ofEpochEnd } from "../../../protocol/signatures.ts";
import type { KeptRoster } from "../../../replica/epochs/cross.ts";
import type { SignatureCheck } from "../../../replica/ingress/signature_check.ts";
import { epochEndCodec } from "../../../transport/codec/mod.ts";
import {
  commandOf,
  keyIn,
  plainChanges,
  plainDigest,
  type PlainRoster,
  plainRosterIn,
} from "../../support/rosters/plain_rosters.ts";
import type { SimCrypto } from "../network/sim_crypto.ts";

/** A roster whose constants are all there. */
export interface SimRoster extends PlainRoster {
  readonly constants: ProtocolConstants;
}

/** One epoch. */
export interface SimEpoch extends KeptRoster {
  readonly roster: SimRoster;
  readonly replicas: readonly ReplicaId[];
  readonly place: EpochName;
  readonly changes: RosterChanges;
  /** The point it begins at; known once the one before has ended, and not of the first. */
  genesis: Head | null;
  /** By its own keys, of what is signed in it. */
  readonly check: SignatureCheck;
}

/** The owner of a connection: a replica, and which of its keys it has. */
export interface Owner {
  readonly id: ReplicaId;
  readonly key: number;
}

/** Returns whether the roster lists a replica by this very key. */
export const lists = ({ roster }: Pick<SimEpoch, "roster">, { id, key }: Owner): boolean =>
  roster.replicas.includes(id) && keyIn(roster, id) === key;

export class RunEpochs {
  readonly first: SimEpoch;
  /** The latest that an honest replica is in. */
  newest: SimEpoch;
  readonly #crypto: SimCrypto;
  readonly #cluster: string;
  readonly #inForce = new Map<number, SimEpoch>();
  readonly #ends = new Map<string, EpochEnd>();
  readonly #known = new Map<string, SimEpoch>();

  constructor(first: SimRoster, crypto: SimCrypto, cluster: string) {
    this.#crypto = crypto;
    this.#cluster = cluster;
    this.first = this.newest = this.of(first);
  }

  /** Returns the epoch of a roster. */
  of(roster: SimRoster): SimEpoch {
    const digest = plainDigest(roster);
    const known = this.#known.get(digest) ?? this.#make(roster);
    this.#known.set(digest, known);
    return known;
  }

  /** Returns the epoch of a roster as it is kept. Throws TypeError if it is none. */
  read(bytes: Uint8Array): SimEpoch {
    const roster = plainRosterIn(bytes);
    if (roster === null) throw new TypeError("a roster on a disk is none");
    return this.of(roster as SimRoster);
  }

  /** Returns the roster that was ordered for an epoch which has begun. */
  inForceAt(epoch: number): SimEpoch {
    return this.#inForce.get(epoch)!;
  }

  /** Returns whether another roster than this one was ordered for its epoch. */
  isLost({ epoch, digest }: KeptRoster): boolean {
    const inForce = this.#inForce.get(epoch);
    return inForce !== undefined && inForce.digest !== digest;
  }

  /** Returns every epoch that operators made a roster for. */
  all(): readonly SimEpoch[] {
    return [...this.#known.values()];
  }

  /** Takes note that an honest replica is in this epoch. */
  entered(epoch: SimEpoch): void {
    this.#inForce.set(epoch.epoch, epoch);
    if (epoch.epoch > this.newest.epoch) this.newest = epoch;
  }

  /** Returns the epoch that `end` leads to from `before`, if it proves that (§13.4). */
  nextAfter(before: SimEpoch, end: EpochEnd): SimEpoch | null {
    const { roster: { constants, clients }, replicas, epoch, changes, check } = before;
    const config = {
      ...{ clusterId: this.#cluster, self: replicas[0]!, replicas, constants, seed: 0 },
      clients: new Set(clients.map(clientId)),
    };
    const genesis = { ...firstGenesis(sha256Hex, this.#cluster), epoch };
    const members = { config, quorumSizes: quorumOf(replicas.length, constants.profile), genesis };
    const next = nextAfter(members, sha256Hex, changes, end);
    if (next === null || !ofEpochEnd(end).every((claim) => check.holds(claim))) return null;
    return this.#known.get(next.digest) ?? null;
  }

  /** Remembers an end that is kept on a disk. */
  keep(end: EpochEnd): void {
    this.#ends.set(epochEndCodec.encode(end).toHex(), end);
  }

  /** Returns the ends of the epochs before one, with their rosters, oldest first. */
  endsBefore(epoch: number): readonly EpochEndPacket[] {
    const ends = new Map([...this.#ends.values()].map((end) => [end.epoch, end]));
    return [...ends.values()].filter((end) => end.epoch < epoch).sort((a, b) => a.epoch - b.epoch)
      .map((end) => ({ kind: "EpochEnd", end, roster: this.inForceAt(end.epoch).bytes }));
  }

  /** Returns an end that was read from a disk as it was kept: unforgeable fakes are good by who issued them, not by their bytes. */
  kept(end: EpochEnd): EpochEnd {
    return this.#ends.get(epochEndCodec.encode(end).toHex()) ?? end;
  }

  /** Returns a check by the keys of `signers` of what is signed in `epoch`. */
  checkIn(epoch: SimEpoch, signers: SimEpoch): SignatureCheck {
    return this.#crypto.checkIn(epoch.place, signers.roster);
  }

  #make(roster: SimRoster): SimEpoch {
    const digest = plainDigest(roster);
    const place = { cluster: this.#cluster, epoch: roster.epoch, digest };
    return {
      ...{ genesis: null, roster, digest, place, epoch: roster.epoch, bytes: commandOf(roster) },
      replicas: roster.replicas as ReplicaId[],
      changes: plainChanges(roster),
      check: this.#crypto.checkIn(place, roster),
    };
  }
}
