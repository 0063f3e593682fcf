/** State of requests that clients showed to a replica, and of the pace that it expects of its leader (§14.7, §14.8). All of it is volatile. */
import type { ClientId, Millis } from "../../../protocol/ids.ts";
import type { Known } from "../clients/waiting.ts";

/** A command that its client showed to this replica (§14.7). */
export interface ShownRequest extends Known {
  /** Judged time (§14.9) since which it counts against the present leader; null before it was passed on to that one. */
  since: Millis | null;
  forwardAt: Millis;
  forwardInterval: Millis;
  /** True once its seq is committed here: it waits to be executed, and no longer for the leader. */
  committed: boolean;
}

/** Time that a client has lost, and not been forgiven. */
export interface Loss {
  /** Measured by the pace in force, under the present leader. */
  lostMs: Millis;
  /** Measured by the roster's pace, whoever leads. */
  lostAtBaseMs: Millis;
}

/** A hand-over that is due for the leader's pace: the client that lost too much, and how long its request had waited by then. */
export interface PaceDue {
  readonly client: ClientId;
  readonly waitedMs: Millis;
  readonly lostMs: Millis;
}

export interface PaceState {
  /** The request that each client showed; those passed on last at the end. */
  readonly shown: Map<ClientId, ShownRequest>;
  readonly losses: Map<ClientId, Loss>;
  /** The pace in force. */
  inForceMs: Millis;
  /** Set while a hand-over of the present leader is due. */
  due: PaceDue | null;
  /** Judged time up to which time lost is accounted for, and at which some client lost time last. */
  judgedAt: Millis;
  lostAt: Millis;
  /** Time without losses by the roster's pace since the pace in force changed, and whether anything was executed meanwhile. */
  calmMs: Millis;
  executed: boolean;
}

export const emptyPace = (paceMs: Millis, now: Millis): PaceState => ({
  shown: new Map(),
  losses: new Map(),
  inForceMs: paceMs,
  due: null,
  judgedAt: now,
  lostAt: now,
  calmMs: 0,
  executed: false,
});
