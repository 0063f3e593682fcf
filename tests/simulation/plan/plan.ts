/** A run's plan: everything decided before it starts. Plain data, so that it can be printed, shrunk and run again. */
import type { ProtocolConstants } from "../../../protocol/config.ts";
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { Grant } from "../../../protocol/ports.ts";
import type { PersistOperation } from "../../../replica/core/log/durable_state.ts";
import type { CrashPoint } from "../nodes/crash_point.ts";

/** A replica by its id, or the leader when the fault begins: any leader, or only an honest one. */
export type Target = ReplicaId | "leader" | "honest-leader";

/** Faults of links during a window of time. If several hold for a link, all of them take effect. */
export interface NetworkFault {
  readonly kind: "network";
  readonly from: Millis;
  readonly to: Millis;
  /** Senders and receivers concerned; null for all of them. */
  readonly sources: readonly Target[] | null;
  readonly targets: readonly Target[] | null;
  /** Kinds of packets concerned; null for all. */
  readonly kinds: readonly Packet["kind"][] | null;
  /** Probabilities of losing a packet, and of delivering it twice. */
  readonly loss: number;
  readonly duplicate: number;
  /** Maximum additional delay of a packet, drawn at random: reorders. */
  readonly delayMs: Millis;
  /** Probability, for each packet, that some older packet is delivered again to anyone. */
  readonly replay: number;
  /** Period of a flapping link, up for one half and down for the other; null for a steady one. */
  readonly flapMs: Millis | null;
}

/** A link without faults. */
export const STEADY = {
  sources: null,
  targets: null,
  kinds: null,
  loss: 0,
  duplicate: 0,
  delayMs: 0,
  replay: 0,
  flapMs: null,
} as const satisfies Partial<NetworkFault>;

/** A replica crashes at a point of its work, at the latest a while after `from`, and restarts. */
export interface CrashFault {
  readonly kind: "crash";
  readonly from: Millis;
  readonly replica: Target;
  /** Crash point; `now`: whatever it is doing. */
  readonly point: CrashPoint | "now";
  /** Restricts the crash to a transaction, in progress or the last one of the batch, with such an operation in it; null for any. */
  readonly during: PersistOperation["op"] | null;
  readonly passes: number;
  readonly downMs: Millis;
}

/** A faulty replica restarts with its disk as it was a while ago (§1.3). */
export interface RollbackFault {
  readonly kind: "rollback";
  readonly from: Millis;
  readonly replica: ReplicaId;
  /** Time at which the disk it restarts from was copied. */
  readonly copiedAt: Millis;
}

/** The disk of a replica takes no writes for a while; a replica running on it ends, and is restarted on it afterwards. */
export interface RefuseFault {
  readonly kind: "refuse";
  readonly from: Millis;
  readonly to: Millis;
  readonly replica: Target;
}

/**
 * An honest replica loses its disk and comes back as a learner (§8.4), a while after `from` or as soon as there are no more faults than
 * `Plan.mayExceed` allows.
 */
export interface WipeFault {
  readonly kind: "wipe";
  readonly from: Millis;
  readonly replica: ReplicaId;
  readonly downMs: Millis;
  /**
   * Prefers a moment when it is in a term that no other honest replica has entered: what it signed there has left no trace but PreVotes.
   */
  readonly alone?: boolean;
}

/** From its beginning on, and after the network has healed too, recent AppendEntries are delivered again to all replicas. */
export interface EchoFault {
  readonly kind: "echo";
  readonly from: Millis;
  readonly everyMs: Millis;
}

/** From its beginning on, a replica that calls the roll also gets the answers to all its earlier calls (§8.4). */
export interface RecallFault {
  readonly kind: "recall";
  readonly from: Millis;
}

/** A replica does not get to run for a while; then it handles what has arrived, and its tick says how late it is (§14.9). */
export interface PauseFault {
  readonly kind: "pause";
  readonly from: Millis;
  readonly to: Millis;
  readonly replica: Target;
}

/** A replica is told to leave; it is restarted once it may stop, or told after `forMs` that it stays (§14.5). */
export interface LeaveFault {
  readonly kind: "leave";
  readonly from: Millis;
  readonly replica: Target;
  readonly forMs: Millis;
  readonly stays: boolean;
}

export type Fault =
  | LeaveFault
  | PauseFault
  | NetworkFault
  | CrashFault
  | RollbackFault
  | RefuseFault
  | WipeFault
  | EchoFault
  | RecallFault;

/** A faulty replica and its behaviours, by names of actors. */
export interface ByzantinePlan {
  readonly replica: ReplicaId;
  readonly actors: readonly string[];
  /** Time each of them acts in turn; null if all act at once, each on the output of the one before it. */
  readonly turnMs: Millis | null;
}

/** The behaviour of one client. */
export interface ClientPlan {
  readonly id: string;
  /** Number of this process among those with its key, from 0. */
  readonly process: number;
  /** Number of times that it loses all it knows, until the network heals, and begins anew with the same key. */
  readonly restarts: number;
  /** Its clock's reading when the run begins. */
  readonly clockMs: Millis;
  /** An honest client, or the name of a faulty behaviour. */
  readonly behaviour:
    | "honest"
    | "two-faced"
    | "intervener"
    | "far-floors"
    | "registrar"
    | "trespasser"
    | "lessee"
    | "framer";
  /** Way in which a framer goes about it; in many sessions if left out. */
  readonly framing?: "sessions" | "floors" | "crowd";
  /** True if it sends UpdateLeader; without it only the replicas' own timers can depose a leader. */
  readonly intervenes: boolean;
  /** Operations until the network heals, and after it; then it goes on with others until every client is done. */
  readonly operations: number;
  readonly afterwards: number;
  /** Maximum number of operations in flight. */
  readonly concurrency: number;
  /** Maximum number of them under one signature (§7.1f); as many as there may be if left out. */
  readonly maxGroup?: number;
  /** Maximum pause between two operations. */
  readonly thinkMs: Millis;
  readonly keys: number;
  /** Minimum length of the values it writes; if absent, as short as can be. */
  readonly valueBytes?: number;
  /** Shares of reads, of conditional writes and of deletes; the rest are puts. */
  readonly reads: number;
  readonly cas: number;
  readonly deletes: number;
}

/** One difference between a roster and the next. Where it is not allowed when the time has come (§13.1), it is left out. */
export type RosterEdit =
  /** Another replica, with an empty disk, takes the place of this one. */
  | { readonly edit: "replace"; readonly replica: Target; readonly by: ReplicaId }
  | { readonly edit: "add"; readonly replica: ReplicaId }
  | { readonly edit: "remove"; readonly replica: Target }
  /** A replica keeps its disk and gets another key. */
  | { readonly edit: "rekey"; readonly replica: Target }
  | { readonly edit: "revoke"; readonly client: string }
  | { readonly edit: "admit"; readonly client: string }
  /** Rules of a client; null for none, so that it may do everything. */
  | { readonly edit: "rights"; readonly client: string; readonly access: readonly Grant[] | null }
  | { readonly edit: "constants"; readonly constants: Partial<ProtocolConstants> };

/** A change of the roster; nothing but a new epoch if none of its edits is left. */
export interface ChangePlan {
  /** It is handed in then, or once the change before is done. */
  readonly at: Millis;
  /** Rosters that operators signed for this epoch: the first that is ordered counts. */
  readonly alternatives: readonly (readonly RosterEdit[])[];
  /** Time until new members are started, from the moment that the change is handed in, or done; those of another alternative are started in vain. */
  readonly startMs: Millis;
  readonly startsEarly: boolean;
  /** Time until a replica is started again with its new key. */
  readonly rekeyMs: Millis;
  /** True if changes that are none, or of another epoch, are handed in too. */
  readonly junk: boolean;
}

/** The part of a plan in which rosters change. */
export interface ChangesPlan {
  readonly changes: readonly ChangePlan[];
  /** Replicas that may become members, and the speed of their clocks. */
  readonly joiners: readonly { readonly id: ReplicaId; readonly clock: number }[];
}

export interface Plan {
  readonly seed: number;
  readonly replicas: readonly ReplicaId[];
  readonly constants: ProtocolConstants;
  /** Real ECDSA and the real wire format, or unforgeable fakes. */
  readonly crypto: "fake" | "real";
  /** One-way delay of a healthy link, minimum and maximum. */
  readonly latencyMs: readonly [Millis, Millis];
  /** Packets that arrive within this time are handled in one batch. */
  readonly batchMs: Millis;
  /** Time that a disk takes for each operation of a client, during which its replica does nothing; none if left out. */
  readonly writeMs?: Millis;
  /** Speed of each replica's clock; 1 is true time. */
  readonly clocks: readonly number[];
  readonly byzantine: readonly ByzantinePlan[];
  /** True if the faulty replicas fall silent for good when the network heals. */
  readonly silenced: boolean;
  readonly faults: readonly Fault[];
  /**
   * Allows one replica more than f to be faulty or a learner at a time. That costs service until the learner is a full replica again,
   * and must never cost safety (§8.4).
   */
  readonly mayExceed: boolean;
  /** Bytes of a snapshot that a replica writes at a time; null for as many as a real one writes. */
  readonly snapshotBytes: number | null;
  readonly clients: readonly ClientPlan[];
  /** Duration of the faults, after which the network heals. */
  readonly safetyMs: Millis;
  /** Honest replicas that stay down when it heals; together with the faulty ones at most f. */
  readonly down: readonly Target[];
  /** True if clients keep quiet at first, and the replicas have to settle without their help. */
  readonly quiet: boolean;
  /** Time limit of each of settling, serving and coming level after that. */
  readonly livenessMs: Millis;
  /** Time without requests after all replicas have come level, before requests resume: chunks no longer needed are dropped meanwhile. */
  readonly restMs: Millis;
  /** Minimum time for which clients go on after the network has healed; they have to be served to the end. */
  readonly serviceMs: Millis;
  /** True if nothing in this plan is anybody's reason to suspect a leader that serves: the first one keeps its office until the network heals. */
  readonly oneLeader?: boolean;
  /** True if the state machine waits for log time all the time (§15). */
  readonly waits?: boolean;
  /** Demands until the network heals that log time runs (§15.5): as fast as this share of the slowest honest clock, less `slackMs` in all. */
  readonly timeRuns?: { readonly share: number; readonly slackMs: Millis };
  /** The changes of the roster; none if left out. */
  readonly reconfiguration?: ChangesPlan;
  /** Longest time without an answer to any honest client, once they have begun and until the network heals; unlimited if left out. */
  readonly longestGapMs?: Millis;
  /** Most faulty replicas that may lead one after the other; any number if left out. */
  readonly faultyInARow?: number;
  /** Time from which on no honest replica may follow a faulty leader; never if left out. */
  readonly honestFromMs?: Millis;
  /** True if no honest replica may find an honest leader too slow until the network heals (§14.8g). */
  readonly noneTooSlow?: boolean;
  /** Most leaders there may be until then; any number if left out. */
  readonly mostLeaders?: number;
  /** Longest that a command of an honest client may wait for its answer until then; unlimited if left out. */
  readonly longestWaitMs?: Millis;
  /** True to judge single clauses besides the invariants and what clients see. */
  readonly clauses: boolean;
}

/** Returns the speed of a replica's clock. */
export function clockOf({ replicas, clocks, reconfiguration }: Plan, id: ReplicaId): number {
  const joiner = reconfiguration?.joiners.find((each) => each.id === id);
  return joiner?.clock ?? clocks[replicas.indexOf(id)]!;
}
