/** Everything a simulated run shows. Checkers see this alone: outputs, never the state of a core. */
import type { Digest, LogIndex, Millis, ReplicaId } from "../../protocol/ids.ts";
import type { Answer, RegisterSession, Request } from "../../protocol/message.ts";
import type { Packet } from "../../protocol/packet.ts";
import type { Profile } from "../../protocol/quorum.ts";
import type { Signed } from "../../protocol/signed.ts";
import type { PersistOperation } from "../../replica/core/log/durable_state.ts";
import type { ClientReply, CoreEvent } from "../../replica/core/output.ts";
import type { MemoryDisk } from "../../replica/storage/memory/memory_disk.ts";
import type { SimRoster } from "./epochs/run_epochs.ts";

/** Facts the checkers know beforehand. */
export interface RunFacts {
  readonly clusterId: string;
  readonly replicas: readonly ReplicaId[];
  /** Replicas that are faulty for the whole run, of each epoch at most f; nothing is demanded of them. */
  readonly byzantine: ReadonlySet<ReplicaId>;
  readonly profile: Profile;
  readonly fastReads: boolean;
  /** W, S and K of the roster, and how long registers hold. */
  readonly sessionWindow: number;
  readonly sessionsPerClient: number;
  readonly registrationHorizon: number;
  /** Registers, and their digests, that are applied with the first entry although they are in none; none in a run. */
  readonly beginsWith: readonly (readonly [RegisterSession, Digest])[];
  readonly checkpointEvery: number;
  /** The roster of the first epoch, in a run in which rosters change. */
  readonly roster: SimRoster | null;
  readonly electionTimeoutMs: Millis;
  readonly electionTimeoutCapMs: Millis;
}

/** The replicated state of one honest replica at one index, as its digest and that of its session table. */
export interface StateView {
  readonly appliedIndex: LogIndex;
  /** Digest that `status` shows. */
  readonly digest: Digest;
  /** Digest of the session table's canonical bytes alone. */
  readonly sessions: Digest;
}

/**
 * Callbacks on a run. Every method is optional; each is called at the moment it names, in order. `now` is the virtual time in milliseconds.
 */
export interface Observer {
  /** `at` starts, for the first time or again, from the content of `disk`. */
  started?(at: ReplicaId, disk: MemoryDisk, now: Millis): void;
  /** `at` loses everything but its disk. */
  crashed?(at: ReplicaId, now: Millis): void;
  /** `at` has lost its disk for good; it starts next as a learner, from an empty one (§8.4). */
  wiped?(at: ReplicaId, now: Millis): void;
  /**
   * The replicated state of `at` was replaced by a snapshot, at its start or at the end of a state transfer. The latter need not
   * be durable yet.
   */
  restored?(at: ReplicaId, view: StateView, now: Millis): void;
  /** A transaction of `at` is now durable; `disk` shows the result. Also called for Byzantine replicas. */
  persisted?(at: ReplicaId, operations: readonly PersistOperation[], disk: MemoryDisk, now: Millis): void;
  /**
   * A packet is put on the network, by an honest replica (`disk` is its disk) or a faulty one (`disk` is null). It may still be lost.
   * A published packet names every other replica.
   */
  sent?(from: ReplicaId, to: readonly ReplicaId[], packet: Packet, disk: MemoryDisk | null, now: Millis): void;
  /** The state machine of `at` executes a command. */
  executed?(at: ReplicaId, index: LogIndex, client: string, command: Uint8Array, now: Millis): void;
  /** The state machine of `at` answers an ordered query, in the entry at this index (§7.4). */
  queried?(at: ReplicaId, index: LogIndex, query: Uint8Array, now: Millis): void;
  /** The state machine of `at` is told that log time has come to `time`, in the entry at `index` (§15.6), and ends these leases. */
  timed?(at: ReplicaId, time: Millis, index: LogIndex, ended: readonly number[], now: Millis): void;
  /** The state machine of `at` grants or renews a lease for `ttlMs`, in the entry at `index`. */
  leased?(at: ReplicaId, index: LogIndex, lease: number, ttlMs: Millis, now: Millis): void;
  /** `at` has applied more entries. */
  applied?(at: ReplicaId, view: StateView, now: Millis): void;
  /** `at` answers a client. */
  replied?(at: ReplicaId, reply: ClientReply, now: Millis): void;
  event?(at: ReplicaId, event: CoreEvent, now: Millis): void;
  /** An honest replica stopped by itself: an invariant, its guard or its storage refused to go on. */
  failed?(at: ReplicaId, error: Error, now: Millis): void;
  /** A client signed a request: from now on it may be executed. */
  requested?(request: Signed<Request>, now: Millis): void;
  /** An honest client begins an operation with this command, which may be executed once, or as often as it likes where that is as good. */
  invoked?(client: string, command: Uint8Array, repeatable: boolean, now: Millis): void;
  /** An honest client took `answer` as the outcome of its request. */
  accepted?(client: string, answer: Answer, now: Millis, epoch?: number): void;
  /** An honest client took what replicas `by` answered alike to a fast read (§7.4). */
  read?(client: string, by: readonly ReplicaId[], now: Millis, epoch?: number): void;
}

/** A checker's finding: the invariant or demand that does not hold, and how it shows. */
export interface Violation {
  /** `I1`…`I10`, or the name of a demand: `linearizable`, `durable`, `evidence`, `forged`, `live`, … */
  readonly invariant: string;
  readonly detail: string;
}

/** Thrown by a checker the moment something does not hold; ends the run. */
export class ViolationError extends Error implements Violation {
  override readonly name = "ViolationError";
  constructor(readonly invariant: string, readonly detail: string) {
    super(`${invariant}: ${detail}`);
  }
}
