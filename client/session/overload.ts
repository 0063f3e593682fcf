/** A session whose cluster has more to do than it can (§7.3n). */
import { failed } from "./failed.ts";
import { isSlowed, slowDown } from "./pace.ts";
import { type Sending, turnedAway } from "./resending.ts";
import { lateAfterMs } from "./round_trips.ts";
import type { Session } from "./session_state.ts";
import type { FailureReason, SessionEffect } from "./session_types.ts";

/** Returns whether a replica's word that it is busy would be taken in for `request`: the leader's, and once each time it is sent. */
export function mayBeBusy(session: Session, replica: string, request: number): boolean {
  const { likely } = session.leader;
  return (likely === null || likely === replica) && sendingOf(session, request)?.turnedAway === false;
}

const sendingOf = ({ outstanding, registration }: Session, request: number): Sending | undefined =>
  outstanding.get(request) ?? (registration?.request === request ? registration : undefined);

/** Takes in that the leader turned away a request that is under way; returns its sending. */
export function turnAway(session: Session, request: number, waitMs: number, now: number): Sending {
  const sending = sendingOf(session, request)!;
  turnedAway(session, sending, waitMs, isBehindAnother(session, request), now);
  slowDown(session.pace, session.outstanding.size, sending.retryAt, now);
  return sending;
}

/** Returns whether a lower seq of the request's session is under way. */
function isBehindAnother({ outstanding }: Session, request: number): boolean {
  const own = outstanding.get(request);
  if (own === undefined) return false;
  for (const { session, seq } of outstanding.values()) if (session === own.session && seq < own.seq) return true;
  return false;
}

/**
 * Gives up those at the front of a queue longer than a group that would not be answered in time: what is sent in vain costs those behind it theirs.
 * Something is under way then, so that how long answers take stays known.
 */
export function dropLate({ queue, outstanding, config, trips: { smoothedMs } }: Session, now: number): SessionEffect[] {
  const effects: SessionEffect[] = [];
  if (smoothedMs === null || outstanding.size === 0) return effects;
  while (queue.length > config.maxGroup && now + smoothedMs > queue[0]!.deadlineAt) {
    effects.push(failed(queue.shift()!.ticket, null, { reason: "busy", sent: false }));
  }
  return effects;
}

/** Returns why a command was never sent: where others were answered meanwhile, or the leader was busy, there was too much to do. */
export function failureOfQueued(session: Session, now: number): FailureReason {
  if (isSlowed(session.pace) || isServed(session, now)) return { reason: "busy", sent: false };
  return { reason: "no-quorum", sent: false, interventions: 0 };
}

/** Returns whether the oldest request under way is not late, or others were answered since it was sent. */
function isServed({ outstanding, trips }: Session, now: number): boolean {
  const [oldest] = outstanding.values();
  return oldest !== undefined && (trips.answeredAt > oldest.sentAt || now - oldest.sentAt <= lateAfterMs(trips));
}

/** Returns why a command that was sent had no answer in time. */
export const failureOfSent = ({ wasTurnedAway, timer: { fired } }: Sending): FailureReason =>
  wasTurnedAway && fired === 0
    ? { reason: "busy", sent: true }
    : { reason: "no-quorum", sent: true, interventions: fired };
