/** State of leaders in office, as one replica sees them (§14). All of it is volatile. */
import type { LogIndex, Millis, ReplicaId, Term } from "../../../protocol/ids.ts";
import type { HandOver } from "../../../protocol/message.ts";

/** Reason for which a replica is about to stop taking part. */
export type LeaveReason = "stop" | "deactivate";

/** Reason for which a leader gives up its office: it is told to leave, it is too slow, its term of office is over, or a learner waits for another term. */
export type EndReason = LeaveReason | "pace" | "office" | "learner";

/** The time in which this replica knows a leader (§14.1). */
export interface Office {
  readonly term: Term;
  readonly leader: ReplicaId;
  /** Time at which its leader was proved here, and that time as this replica judges leaders by (§14.9). */
  readonly since: Millis;
  readonly judgedSince: Millis;
  /** Index of the base it was elected on: what is committed above that is committed in this office. */
  readonly base: LogIndex;
  /** Judged time since which its term of office is over (§14.6); null before. */
  dueSince: Millis | null;
  /** Reason for which this replica wants it to end, null while it does not. */
  wantedFor: string | null;
  /** Its end: when the next leader was proved, and the index committed by then; null while it lasts. */
  ended: { readonly at: Millis; readonly commitIndex: LogIndex } | null;
}

/** Order to a replica that is about to stop taking part: its reason, its time, and whether that replica led then. */
export interface Leaving {
  readonly reason: LeaveReason;
  readonly since: Millis;
  readonly led: boolean;
}

export interface OfficeState {
  /** The last n offices, the present one included, newest last. */
  readonly known: Office[];
  /** Replicas that count as too slow: none is named as successor (§14.8). */
  readonly tooSlow: Set<ReplicaId>;
  /** Null while this replica is not about to stop taking part. */
  leaving: Leaving | null;
  /** Time at which this replica signed its last HandOver, since which it knows no other leader; -Infinity if it does. */
  handedOverAt: Millis;
  /** Time at which this replica answered the roll call of a learner that may wait for another term. */
  readonly rollCalls: Map<ReplicaId, Millis>;
  /** Time at which this replica last handed over for a learner, or tried to. */
  readonly learnersServed: Map<ReplicaId, Millis>;
}

/** A hand-over under way at its leader (§14.2). */
export interface Handing {
  readonly reason: EndReason;
  /** The learner that it is for, if it is for one. */
  readonly learner: ReplicaId | null;
  readonly begunAt: Millis;
  /** The term's HandOver once it is signed. */
  readonly signed: { readonly message: HandOver; readonly at: Millis; readonly repeatAt: Millis } | null;
  /** Time at which it was given up; from then on the leader proposes again. */
  readonly failedAt: Millis | null;
}

export const emptyOffices = (): OfficeState => ({
  known: [],
  tooSlow: new Set(),
  leaving: null,
  handedOverAt: -Infinity,
  rollCalls: new Map(),
  learnersServed: new Map(),
});
