/** The core's knowledge of its cluster, all of it constants of the signed roster (§2.1). */
import type { Head } from "./entry.ts";
import type { ClientId, Digest, Millis, ReplicaId } from "./ids.ts";
import type { Profile, QuorumSizes } from "./quorum.ts";

/** Protocol constants of the roster. Every replica of a cluster has the same ones. */
export interface ProtocolConstants {
  /** Trust in the replicas (§1.4). */
  readonly profile: Profile;
  /** Lower end T of the randomised election timeout [T, 2T] (§6.11). */
  readonly electionTimeoutMs: Millis;
  /** Cap of the doubled election timeout (§6.11). */
  readonly electionTimeoutCapMs: Millis;
  /** Interval of a leader's AppendEntries and of re-publication (§5.7). */
  readonly heartbeatMs: Millis;
  /** Initial patience with the leader for a request under intervention (§7.3). */
  readonly patienceMs: Millis;
  /** Cap of the doubled patience. */
  readonly patienceCapMs: Millis;
  /** Entries above its base after which a leader is to hand over; 0 for never (§14.6). */
  readonly officeEntries: number;
  /** Time in office after which a leader is to hand over; 0 for never (§14.6). */
  readonly officeMs: Millis;
  /** The pace that is expected of a leader at first: half of it is what a shown request may wait; 0 to expect none (§14.8). */
  readonly paceMs: Millis;
  /** W: seqs in a session's window, and a client's quota of pending commands (§7.1, §7.3). */
  readonly sessionWindow: number;
  /** S: sessions of one client that are open at a time, and its quota of pending registers (§7.1, §7.3). */
  readonly sessionsPerClient: number;
  /** Entries after its base within which a register can open a session (§7.1). */
  readonly registrationHorizon: number;
  /** K: entries between checkpoints (§8.2). */
  readonly checkpointEvery: number;
  /** Entries kept at and below the stable checkpoint, at least one, for replicas that are slightly behind (§8.2). */
  readonly logTail: number;
  /** True if fast reads are served; then writes need Q equal answers (§7.4). */
  readonly fastReads: boolean;
}

/** Warning shown wherever a cluster of the `crash` profile is started, used or looked at. */
export const CRASH_WARNING =
  "profile crash: one lying replica can forge, lose and reorder everything; nothing is signed, nothing can be proved to others";

/** Returns whether replicas are believed: then nothing is signed, and commits take one phase (§1.4). */
export const trustsReplicas = ({ profile }: Pick<ProtocolConstants, "profile">): boolean => profile === "crash";

/** Configuration of one core. */
export interface CoreConfig {
  readonly clusterId: string;
  /** This replica. */
  readonly self: ReplicaId;
  /** All replicas in roster order; a replica's position decides its turn (§6.10). */
  readonly replicas: readonly ReplicaId[];
  /** Names of replicas of the epoch before that are no members, or by another key: they may have the state that the epoch began with (§13.7). */
  readonly former?: readonly ReplicaId[];
  /** Clients whose requests are served. */
  readonly clients: ReadonlySet<ClientId>;
  readonly constants: ProtocolConstants;
  /** Seed of this replica's timer jitter; any 32-bit integer. */
  readonly seed: number;
}

/** The point before an epoch's first entry (§13.5). It is committed, and certified by nobody's signature: every member knows it beforehand. */
export interface Genesis extends Head {
  /** Number of the roster in the chain of the cluster's rosters. */
  readonly epoch: number;
  /** Digest of the state there; null in epoch 1, which begins with nothing. */
  readonly stateDigest: Digest | null;
}

/** The basis for checking certificates: the replicas, the sizes of their quorums, and the genesis point. */
export interface Membership {
  readonly config: CoreConfig;
  readonly quorumSizes: QuorumSizes;
  readonly genesis: Genesis;
}
