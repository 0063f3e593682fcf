/** State of leaders in office, as one replica sees them (§14). All of it is volatile. */
import type { Millis, ReplicaId, Term } from "../../../protocol/ids.ts";
import type { HandOver } from "../../../protocol/message.ts";

/** Reason for which a replica is about to stop taking part. */
export type LeaveReason = "stop" | "deactivate";

/** The time in which this replica knows a leader (§14.1). */
export interface Office {
  readonly term: Term;
  readonly leader: ReplicaId;
  /** Time at which its leader was proved here. */
  readonly since: Millis;
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
  /** Time at which this replica signed its last HandOver. */
  handedOverAt: Millis;
}

/** A hand-over under way at its leader (§14.2). */
export interface Handing {
  readonly reason: LeaveReason;
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
});
