/** The pace that a replica expects of its leader (§14.8): time that clients lose while what they showed waits, and what follows from it. */
import type { ClientId, Millis } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { owes } from "../clients/fair_share.ts";
import { type Context, note } from "../context.ts";
import { hasStopped } from "../epochs/stop_sign.ts";
import type { CoreEvent } from "../output.ts";
import type { CoreState } from "../state.ts";
import { judgedTime } from "./judged_clock.ts";
import type { Loss, PaceDue, PaceState } from "./pace_state.ts";

/** Part of the pace in force that a shown request may wait. */
const ALLOWED = 1 / 2;

/** Returns why the hand-over of the present leader is due for its pace, or null if it is not. */
export const paceDue = ({ pace, view }: Pick<CoreState, "pace" | "view">): PaceDue | null =>
  view.leader === null ? null : pace.due;

/** Returns what the log says of a suspicion for the leader's pace. */
export const describeDue = ({ pace }: CoreState): CoreEvent["fields"] =>
  pace.due === null ? {} : {
    client: pace.due.client,
    waitedMs: Math.round(pace.due.waitedMs),
    lostMs: Math.round(pace.due.lostMs),
    paceMs: Math.round(pace.inForceMs),
  };

/** §14.8d: under a new leader nothing is lost yet, and what is shown counts from when it is passed to that one. */
export function expectPace({ state: { pace, config }, now }: Context): void {
  pace.due = null;
  for (const loss of pace.losses.values()) loss.lostMs = 0;
  for (const shown of pace.shown.values()) {
    shown.since = null;
    shown.forwardAt = now;
    shown.forwardInterval = config.constants.heartbeatMs;
  }
}

/** Accounts for the time since the last call: what clients lost of it, whether the leader's hand-over is due, and whether the pace is eased or restored. */
export function tickPace(context: Context): void {
  const { state, now } = context;
  const { pace, config: { constants } } = state;
  if (constants.paceMs === 0) return;
  const judged = judgedTime(state, now);
  const passedMs = judged - pace.judgedAt;
  const judges = state.view.leader !== null && state.transfer === null && state.hard.recovery === null &&
    !hasStopped(state, context.ports.changes); // nothing can be ordered then (§13.3)
  if (judges) {
    for (const client of new Set([...pace.shown.keys(), ...pace.losses.keys()])) lose(state, client, judged, now);
  }
  pace.judgedAt = judged;
  if (!judges) return;
  holdDue(context, judged);
  keepCalm(context, passedMs);
}

/** Accounts for one client's time up to `judged`. */
function lose(state: CoreState, client: ClientId, judged: Millis, now: Millis): void {
  const { pace, config: { constants: { paceMs } } } = state;
  if (owes(state, client, now)) return;
  const shown = pace.shown.get(client);
  const since = shown === undefined || shown.committed ? null : shown.since;
  const loss = pace.losses.get(client) ?? { lostMs: 0, lostAtBaseMs: 0 };
  const passedMs = judged - pace.judgedAt;
  const overdue = (ofMs: Millis): Millis =>
    since === null ? 0 : Math.min(passedMs, Math.max(0, judged - since - ALLOWED * ofMs));
  const after = (lostMs: Millis, ofMs: Millis): Millis => {
    const overdueMs = overdue(ofMs);
    return Math.min(ofMs, Math.max(0, lostMs - LIMITS.forgivenShare * (passedMs - overdueMs)) + overdueMs);
  };
  if (overdue(pace.inForceMs) > 0) pace.lostAt = judged;
  loss.lostMs = after(loss.lostMs, pace.inForceMs);
  loss.lostAtBaseMs = after(loss.lostAtBaseMs, paceMs);
  if (loss.lostAtBaseMs > 0) pace.losses.set(client, loss);
  else pace.losses.delete(client);
}

/** §14.8b, §14.8e: the hand-over is due once a client has lost the pace in force, until nobody has lost anything for a while. */
function holdDue(context: Context, judged: Millis): void {
  const { state } = context;
  const { pace } = state;
  if (pace.due !== null) {
    if (judged >= pace.lostAt + LIMITS.dueLapsesPaces * pace.inForceMs) pace.due = null;
    return;
  }
  const worst = worstLoss(pace);
  if (worst === null || worst.loss.lostMs < pace.inForceMs) return;
  const since = pace.shown.get(worst.client)?.since ?? judged;
  pace.due = { client: worst.client, waitedMs: judged - since, lostMs: worst.loss.lostMs };
  countTooSlow(context);
}

/** Returns the client that has lost most under the present leader; null if none has lost anything. */
export function worstLoss({ losses }: PaceState): { readonly client: ClientId; readonly loss: Loss } | null {
  let worst: { readonly client: ClientId; readonly loss: Loss } | null = null;
  for (const [client, loss] of losses) if (loss.lostMs > (worst?.loss.lostMs ?? 0)) worst = { client, loss };
  return worst;
}

/** §14.8h: one of f + 1 leaders that are too slow is honest, so it is more than can be had. */
function countTooSlow(context: Context): void {
  const { state } = context;
  const { pace, offices, quorumSizes, config: { constants } } = state;
  const leaders = offices.tooSlow.add(state.view.leader!).size;
  if (leaders >= quorumSizes.weak) changePace(context, Math.min(2 * pace.inForceMs, constants.patienceCapMs));
}

/** §14.8h: the pace is restored, half by half, as clients lose nothing by the roster's measure while something is executed. */
function keepCalm(context: Context, passedMs: Millis): void {
  const { pace, config: { constants: { paceMs } } } = context.state;
  if (pace.inForceMs <= paceMs || pace.losses.size > 0) return;
  pace.calmMs += passedMs;
  if (pace.calmMs < LIMITS.calmPaces * paceMs || !pace.executed) return;
  changePace(context, Math.max(pace.inForceMs / 2, paceMs));
}

/** Puts another pace in force, by which no leader was too slow yet (§14.8i). */
function changePace(context: Context, paceMs: Millis): void {
  const { pace, offices } = context.state;
  const fields = { from: Math.round(pace.inForceMs), to: Math.round(paceMs), leaders: [...offices.tooSlow].join(" ") };
  offices.tooSlow.clear();
  pace.calmMs = 0;
  pace.executed = false;
  if (paceMs === pace.inForceMs) return;
  pace.inForceMs = paceMs;
  note(context, "warn", "pace", fields);
}
