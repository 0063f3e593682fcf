/**
 * One client: sessions, request numbers, the window, retries and intervention (§7.1, §7.3). Pure: time comes in as numbers, what
 * is to be done comes out as effects. A command is never issued a second time unless it was not executed, or that is as good as once.
 */
import { backoffMs } from "./backoff.ts";
import { failed } from "./failed.ts";
import { commandsOf, nextGroup, type Outstanding, type Part, takeWhere } from "./grouping.ts";
import { dropLate, failureOfQueued, failureOfSent, mayBeBusy, turnAway } from "./overload.ts";
import { speedUp } from "./pace.ts";
import { answered, answersComing, firstSend, keepsWaiting, resend, resendAt, startSending } from "./resending.ts";
import { assertSessionConfig } from "./session_config.ts";
import { believingNothing, type Current, type Registration, type Session } from "./session_state.ts";
import type { AcceptedAnswer, EpochChanges, FailureReason, SessionEffect, Submission } from "./session_types.ts";
import { showDue, showLowest } from "./showing.ts";

export { createSession, type Session } from "./session_state.ts";
export type * from "./session_types.ts";

/** Accepts a request: it is signed and sent at once, waits for room in the window, or is refused. */
export function submit(session: Session, submission: Submission, now: number): SessionEffect[] {
  const { maxQueued } = session.config;
  if (session.queue.length >= maxQueued) {
    return [failed(submission.ticket, null, { reason: "queue-full", maxQueued })];
  }
  session.queue.push(submission);
  wakeBy(session, submission.deadlineAt);
  return admit(session, now);
}

/**
 * Takes in what `replica` says is its applied index. A register's base is what f + 1 replicas report or exceed: an honest one has it
 * applied, so that no liar can make a register void for being ahead of the log.
 */
export function noteHeight(session: Session, replica: string, index: number, now: number): SessionEffect[] {
  if (index <= (session.heights.get(replica) ?? -1)) return [];
  session.heights.set(replica, index);
  return admit(session, now);
}

/** Takes in that a replica answered a request that is under way. */
export function noteAnswer(session: Session, request: number, now: number): void {
  const sending = session.outstanding.get(request);
  if (sending !== undefined) answersComing(session, sending, now);
}

/** Takes in that `replica` turned a request away for `waitMs`: a hint, and only the leader's (§7.3n). */
export function noteBusy(session: Session, replica: string, request: number, waitMs: number, now: number): void {
  if (mayBeBusy(session, replica, request)) wakeBy(session, resendAt(turnAway(session, request, waitMs, now)));
}

/** Takes in what enough equal answers said. Answers to requests that are not under way change nothing. */
export function settle(session: Session, answer: AcceptedAnswer, now: number): SessionEffect[] {
  if (session.registration?.request === answer.request) return registered(session, session.registration, answer, now);
  const request = session.outstanding.get(answer.request);
  if (request === undefined) return [];
  remove(session, request);
  answered(session, request, now);
  speedUp(session.pace);
  // The session is closed: what is still to be issued needs another one.
  const isClosed = ["unexecuted", "unknown", "void"].includes(answer.outcome);
  if (isClosed && session.current?.id === request.session) session.current = null;
  const effects = commandsOf(request).reverse().map((command) => settleCommand(session, command, answer, now))
    .reverse();
  return [...effects, { effect: "done", request: request.request }, ...admit(session, now)];
}

/** Commands that are issued again go to the front of the queue: the last one of a group is to be settled first. */
function settleCommand(
  session: Session,
  command: Part,
  { outcome, executed }: AcceptedAnswer,
  now: number,
): SessionEffect {
  const { submission: { ticket }, part, request: { request } } = command;
  switch (outcome) {
    case "applied":
      return part < executed ? { effect: "applied", ticket, request, part } : reissue(session, command, false, now);
    case "unexecuted":
      return reissue(session, command, false, now);
    case "unknown":
    case "void": // said of a command it means as little
    case "expired":
      return reissueIfRepeatable(session, command, now);
    case "ahead":
    case "conflict":
      return failed(ticket, request, { reason: outcome });
  }
}

function reissueIfRepeatable(session: Session, command: Part, now: number): SessionEffect {
  const { submission: { repeatable, ticket }, request: { request } } = command;
  return repeatable ? reissue(session, command, true, now) : failed(ticket, request, { reason: "undecided" });
}

/** The command goes to the front of the queue, for a number in the session that is open then. `sent`: it may have been executed. */
function reissue(session: Session, { submission, request }: Part, sent: boolean, now: number): SessionEffect {
  const { ticket, deadlineAt } = submission;
  if (now >= deadlineAt) {
    return failed(ticket, request.request, { reason: "no-quorum", sent, interventions: request.timer.fired });
  }
  session.queue.unshift(submission);
  return { effect: "reissued", ticket, request: request.request };
}

function registered(
  session: Session,
  { request, base }: Registration,
  { outcome, index }: AcceptedAnswer,
  now: number,
): SessionEffect[] {
  session.registration = null;
  if (outcome === "applied") {
    session.current = { id: index, floor: 1, nextSeq: 1, open: new Set() };
    session.voids = 0;
  } else {
    session.voidBase = base;
    session.registerAt = now + backoffMs(session.config.retry, session.voids++, session.uniform());
    wakeBy(session, session.registerAt);
  }
  return [{ effect: "done", request }, ...admit(session, now)];
}

/** Looks at the timers. Call it whenever `now` has reached `session.dueAt`; oftener does no harm. */
export function tick(session: Session, now: number): SessionEffect[] {
  if (now < session.dueAt) return [];
  const effects: SessionEffect[] = [];
  for (const submission of takeWhere(session.queue, (queued) => now >= queued.deadlineAt)) {
    effects.push(failed(submission.ticket, null, failureOfQueued(session, now)));
  }
  for (const [position, request] of [...session.outstanding.values()].entries()) {
    const late = commandsOf(request).filter(({ submission }) => now >= submission.deadlineAt);
    effects.push(...late.flatMap((command) => giveUp(session, command, failureOfSent(request))));
    if (!session.outstanding.has(request.request)) continue;
    if (position < session.pace.limit || !keepsWaiting(session, request, now)) {
      effects.push(...resend(session, request, now));
    }
  }
  effects.push(...showLowest(session, now), ...tickRegistration(session, now), ...admit(session, now));
  session.dueAt = earliest(session);
  return effects;
}

/** A register that nobody waits for any more is given up: its session, if it comes to be, is closed as the least recently used. */
function tickRegistration(session: Session, now: number): SessionEffect[] {
  const { registration } = session;
  if (registration === null) return [];
  if (session.queue.length > 0) return resend(session, registration, now);
  session.registration = null;
  return [{ effect: "done", request: registration.request }];
}

/** The caller no longer wants the answer. The command may still be executed if it was sent. */
export function cancel(session: Session, ticket: number, now: number): SessionEffect[] {
  if (takeWhere(session.queue, (queued) => queued.ticket === ticket).length > 0) {
    return [failed(ticket, null, { reason: "cancelled" })];
  }
  for (const request of session.outstanding.values()) {
    const command = commandsOf(request).find(({ submission }) => submission.ticket === ticket);
    if (command !== undefined) return [...giveUp(session, command, { reason: "cancelled" }), ...admit(session, now)];
  }
  return [];
}

/** Nobody waits for this command any more; its request ends with the last one that somebody waits for. */
function giveUp(session: Session, { submission, part, request }: Part, failure: FailureReason): SessionEffect[] {
  const ended = failed(submission.ticket, request.request, failure);
  request.parts[part] = null;
  if (commandsOf(request).length > 0) return [ended];
  remove(session, request);
  return [ended, { effect: "done", request: request.request }];
}

/**
 * Takes in that another roster is in force (§13.12): what was believed of leader, pace and heights is forgotten, and what is under way is sent again. Sessions
 * stay.
 */
export function adopt(session: Session, changes: EpochChanges, now: number): SessionEffect[] {
  session.config = { ...session.config, ...changes };
  assertSessionConfig(session.config);
  Object.assign(session, believingNothing(session.config));
  session.heights.clear();
  const sendings = [...(session.registration === null ? [] : [session.registration]), ...session.outstanding.values()];
  for (const sending of sendings) Object.assign(sending, startSending(session, sending.request, now));
  session.dueAt = earliest(session);
  return sendings.map(({ request }) => firstSend(session, request));
}

/** Requests under way, to be sent again to a replica that could not answer before. */
export const underWay = ({ outstanding, registration }: Session): number[] => [
  ...(registration === null ? [] : [registration.request]),
  ...outstanding.keys(),
];

/**
 * Returns the session of which are all commands whose answers are or will be waited for, and 0 where there is none, or where some are under
 * way in one that is closed. Another session than the one returned last comes with the next `sign` at the earliest.
 */
export function onlySession({ current, outstanding }: Session): number {
  if (current === null) return 0;
  for (const { session } of outstanding.values()) if (session !== current.id) return 0;
  return current.id;
}

/** Moves waiting commands into the window while at most half of it is in use; opens a session for them first. */
const admit = (session: Session, now: number): SessionEffect[] =>
  session.current === null ? register(session, now) : issueAll(session, session.current, now);

function wakeBy(session: Session, at: number): void {
  session.dueAt = Math.min(session.dueAt, at);
}

function register(session: Session, now: number): SessionEffect[] {
  const base = baseOf(session);
  if (session.registration !== null || session.queue.length === 0 || base === null) return [];
  if (base <= session.voidBase && now < session.registerAt) return [];
  const request = session.nextRequest++;
  session.registration = { base, ...startSending(session, request, now) };
  wakeBy(session, resendAt(session.registration));
  return [{ effect: "register", request, base }, firstSend(session, request)];
}

/** The height that f + 1 replicas report or exceed; null before there are so many. */
function baseOf({ heights, config }: Session): number | null {
  return [...heights.values()].sort((a, b) => b - a)[config.weak - 1] ?? null;
}

function issueAll(session: Session, current: Current, now: number): SessionEffect[] {
  const effects = dropLate(session, now);
  const { most, limit } = session.pace;
  const room = Math.floor(limit);
  while (session.queue.length > 0 && current.nextSeq < current.floor + most && session.outstanding.size < room) {
    const count = nextGroup(session.queue, session.config.maxGroup, session.outstanding.size);
    if (count === 0) break;
    effects.push(...issue(session, current, session.queue.splice(0, count), now));
  }
  return effects;
}

function issue(session: Session, current: Current, parts: Submission[], now: number): SessionEffect[] {
  const { id, floor } = current;
  const [request, seq] = [session.nextRequest++, current.nextSeq++];
  const sending = startSending(session, request, now);
  current.open.add(seq);
  session.outstanding.set(request, { parts, session: id, seq, ...sending });
  wakeBy(session, Math.min(resendAt(sending), showDue(session), ...parts.map(({ deadlineAt }) => deadlineAt)));
  const tickets = parts.map(({ ticket }) => ticket);
  return [{ effect: "sign", request, tickets, session: id, seq, floor }, firstSend(session, request)];
}

function remove(client: Session, { request, session, seq }: Outstanding): void {
  const { outstanding, current } = client;
  outstanding.delete(request);
  if (current?.id !== session) return;
  current.open.delete(seq);
  while (current.floor < current.nextSeq && !current.open.has(current.floor)) current.floor++;
  wakeBy(client, showDue(client));
}

function earliest(session: Session): number {
  let due = Math.min(showDue(session), session.registration === null ? Infinity : resendAt(session.registration));
  for (const request of session.outstanding.values()) {
    due = Math.min(due, resendAt(request), ...commandsOf(request).map(({ submission }) => submission.deadlineAt));
  }
  for (const queued of session.queue) due = Math.min(due, queued.deadlineAt);
  const waits = session.queue.length > 0 && session.current === null && session.registration === null;
  return waits && baseOf(session) !== null ? Math.min(due, session.registerAt) : due;
}
