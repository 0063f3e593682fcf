/** A replica's clock (§15.3), what it states of it (§15.1), and what it loses under a leader that holds time back (§15.4). */
import type { Millis } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { type Context, send } from "../context.ts";
import { hasStopped } from "../epochs/stop_sign.ts";
import { judgedTime } from "../offices/judged_clock.ts";
import type { CoreState } from "../state.ts";

/** Lets the clock run up to now, within its bounds: not below the log time applied here, nor more than its lead above. To be called before log time moves, too. */
export function runClock({ state: { logClock, sessions: { time } }, now }: Pick<Context, "state" | "now">): void {
  const reading = logClock.reading + Math.max(0, now - logClock.at);
  const most = time.now + LIMITS.clockLeadMs;
  logClock.cutMs += Math.max(0, reading - most);
  logClock.reading = Math.max(time.now, Math.min(reading, most));
  logClock.at = now;
}

/** Takes note of whether the state machine waits for a log time. */
export function noteWaiting({ state: { logClock }, ports: { machine } }: Context): void {
  logClock.wanted = (machine.nextDeadline?.() ?? null) !== null;
}

/** On every tick: runs the clock, accounts for what it lost, and states what it reads where that is due. */
export function tickTime(context: Context): void {
  const { state, now } = context;
  const waited = state.logClock.wanted;
  noteWaiting(context);
  runClock(context);
  loseTime(context, waited);
  if (now >= statementDue(state) && !hasStopped(state, context.ports.changes)) makeStatement(context);
}

/** §15.4a: of the time judged since the last call, as much as was cut off is lost, and a share forgiven. */
function loseTime(context: Context, waited: boolean): void {
  const { state, now } = context;
  const { logClock, view, transfer, hard } = state;
  const judged = judgedTime(state, now);
  const passedMs = Math.max(0, judged - logClock.judgedAt);
  const cutMs = Math.min(logClock.cutMs, passedMs);
  logClock.judgedAt = judged;
  logClock.cutMs = 0;
  const judges = waited && view.leader !== null && transfer === null && hard.recovery === null &&
    !hasStopped(state, context.ports.changes);
  if (judges) logClock.lostMs = Math.max(0, logClock.lostMs + cutMs - LIMITS.clockForgivenShare * passedMs);
}

/** §15.4b: returns whether the present leader has held time back for longer than patience goes. */
export const holdsTimeBack = ({ logClock, requests, view }: CoreState): boolean =>
  view.leader !== null && logClock.wanted && logClock.lostMs >= requests.patience;

/** §15.4c: nothing is lost yet under a new leader, and what others stated to this replica before is not waited for. */
export function expectTime({ state: { logClock } }: Context): void {
  logClock.lostMs = 0;
  logClock.pool.clear();
}

/** Returns the time at which the next statement is due (§15.1a); Infinity while nothing waits for it, or there is no leader to send it to. */
export function statementDue({ logClock: { wanted, statement }, view, hard }: CoreState): Millis {
  if (!wanted || view.leader === null || hard.recovery !== null) return Infinity;
  return statement?.term === hard.currentTerm ? statement.at + LIMITS.clockIntervalMs : -Infinity;
}

function makeStatement(context: Context): void {
  const { state: { logClock, view, hard, config }, now } = context;
  logClock.statement = { term: hard.currentTerm, at: now };
  send(context, [view.leader!], {
    kind: "ClockStatement",
    signed: { kind: "ClockStatement", replica: config.self, clock: Math.floor(logClock.reading) },
  });
}
