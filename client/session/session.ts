/**
 * One run of a client: request numbers, the window, retries and intervention (§7.1, §7.3). Pure: time comes in as numbers, the
 * actions to take go out as effects. A seq is never used for two commands, and the floor never falls.
 */
import { assertBackoffPolicy, backoffMs } from "./backoff.ts";
import {
  assertInterventionPolicy,
  fireIntervention,
  interventionDue,
  type InterventionTimer,
  startIntervention,
} from "./intervention.ts";
import { createLeaderCache, forgetLeader, type LeaderCache } from "./leader_cache.ts";
import { seededUniform, type Uniform } from "./random.ts";
import type { AcceptedAnswer, FailureReason, SessionConfig, SessionEffect, Submission } from "./session_types.ts";

export type * from "./session_types.ts";

/** Seqs left free above a floor set by another session: far more than its owner can have used since. */
const RESTART_GAP = 1_000_000;
/** Bound on the random widening of the gap, so that two sessions restarting at once do not meet. */
const RESTART_SPREAD = 1_000_000;

/** A request in the window. */
interface Outstanding extends Submission {
  readonly seq: number;
  /** Rounds of sending so far. */
  sends: number;
  /** Time at which `SendRequest` is due again; past the first intervention only its timer counts. */
  retryAt: number;
  timer: InterventionTimer;
}

/** State of a session; only the functions of this file change it. */
export interface Session {
  readonly config: SessionConfig;
  readonly uniform: Uniform;
  readonly leader: LeaderCache;
  readonly outstanding: Map<number, Outstanding>;
  readonly queue: Submission[];
  /** First seq since the last restart. */
  epoch: number;
  /** Lowest seq of this epoch that is not answered yet (§7.1). */
  floor: number;
  nextSeq: number;
  /** Set once a request of this session was applied: from then on a higher floor means a newer session. */
  established: boolean;
  restarted: boolean;
  /** Floor of the session that took over, once one has. */
  fencedBy: number | null;
  /** Time before which nothing becomes due. */
  dueAt: number;
}

/** Creates a session that has sent nothing yet. Throws `RangeError` on impossible constants. */
export function createSession(config: SessionConfig): Session {
  assertBackoffPolicy(config.retry);
  assertInterventionPolicy(config.intervention);
  if (!Number.isSafeInteger(config.start + 4 * RESTART_GAP) || config.start < 1) {
    throw new RangeError(`session was given start ${config.start}; wanted a positive whole number well below 2^53`);
  }
  if (!Number.isSafeInteger(config.window) || config.window < 2) {
    throw new RangeError(`session was given window ${config.window}; wanted a whole number of at least 2`);
  }
  return {
    config,
    uniform: seededUniform(config.seed),
    leader: createLeaderCache(config.weak),
    outstanding: new Map(),
    queue: [],
    epoch: config.start,
    floor: config.start,
    nextSeq: config.start,
    established: false,
    restarted: false,
    fencedBy: null,
    dueAt: Infinity,
  };
}

/** Accepts a request: it is signed and sent at once, waits for room in the window, or is refused. */
export function submit(session: Session, submission: Submission, now: number): SessionEffect[] {
  const { ticket } = submission;
  if (session.fencedBy !== null) {
    return [failed(ticket, null, { reason: "fenced", floor: session.fencedBy, sent: false })];
  }
  if (session.queue.length >= session.config.maxQueued) {
    return [failed(ticket, null, { reason: "queue-full", maxQueued: session.config.maxQueued })];
  }
  session.queue.push(submission);
  session.dueAt = Math.min(session.dueAt, submission.deadlineAt);
  return admit(session, now);
}

/** Takes in an accepted answer. Answers to seqs that are not outstanding change nothing. */
export function settle(session: Session, answer: AcceptedAnswer, clockMicros: number, now: number): SessionEffect[] {
  const request = session.outstanding.get(answer.seq);
  if (request === undefined) return [];
  switch (answer.outcome) {
    case "applied":
      session.established = true;
      remove(session, request);
      return [{ effect: "applied", ticket: request.ticket, seq: request.seq }, ...admit(session, now)];
    case "ahead":
      remove(session, request);
      return [failed(request.ticket, request.seq, { reason: "ahead", floor: answer.floor }), ...admit(session, now)];
    case "expired":
      return expire(session, request, answer.floor, clockMicros, now);
  }
}

/** Checks the timers. Call it whenever `now` has reached `session.dueAt`; calling it more often does no harm. */
export function tick(session: Session, now: number): SessionEffect[] {
  if (now < session.dueAt) return [];
  const effects: SessionEffect[] = [];
  for (const submission of takeWhere(session.queue, (queued) => now >= queued.deadlineAt)) {
    effects.push(failed(submission.ticket, null, { reason: "no-quorum", sent: false, interventions: 0 }));
  }
  for (const request of [...session.outstanding.values()]) {
    if (now >= request.deadlineAt) {
      remove(session, request);
      const failure = { reason: "no-quorum", sent: true, interventions: request.timer.fired } as const;
      effects.push(failed(request.ticket, request.seq, failure));
    } else {
      effects.push(...repeat(session, request, now));
    }
  }
  effects.push(...admit(session, now));
  session.dueAt = earliest(session);
  return effects;
}

/** Gives up a request whose answer the caller no longer wants. It may still be executed if it was sent. */
export function cancel(session: Session, ticket: number, now: number): SessionEffect[] {
  if (takeWhere(session.queue, (queued) => queued.ticket === ticket).length > 0) {
    return [failed(ticket, null, { reason: "cancelled" })];
  }
  for (const request of session.outstanding.values()) {
    if (request.ticket !== ticket) continue;
    remove(session, request);
    return [failed(ticket, request.seq, { reason: "cancelled" }), ...admit(session, now)];
  }
  return [];
}

/** Moves waiting requests into the window while at most half of it is in use. */
function admit(session: Session, now: number): SessionEffect[] {
  const effects: SessionEffect[] = [];
  const room = Math.floor(session.config.window / 2);
  let taken = 0;
  while (taken < session.queue.length && session.nextSeq < session.floor + room && session.outstanding.size < room) {
    effects.push(...issue(session, session.queue[taken]!, now));
    taken++;
  }
  if (taken > 0) session.queue.splice(0, taken);
  return effects;
}

function issue(session: Session, submission: Submission, now: number): SessionEffect[] {
  const seq = session.nextSeq++;
  const timer = startIntervention(session.config.intervention, now);
  const retryAt = now + backoffMs(session.config.retry, 0, session.uniform());
  const request = { ...submission, seq, sends: 1, retryAt, timer };
  session.outstanding.set(seq, request);
  session.dueAt = Math.min(session.dueAt, dueOf(request));
  return [{ effect: "sign", ticket: submission.ticket, seq, floor: session.floor }, firstSend(session, seq)];
}

function firstSend(session: Session, seq: number): SessionEffect {
  const replica = session.leader.likely;
  return replica === null
    ? { effect: "send", send: "all", kind: "SendRequest", seq }
    : { effect: "send", send: "one", replica, kind: "SendRequest", seq };
}

/** Repeats what is due: `SendRequest` first, and once the leader has had its time `UpdateLeader`, both to all (§7.3). */
function repeat(session: Session, request: Outstanding, now: number): SessionEffect[] {
  const { config, uniform } = session;
  const { seq } = request;
  if (interventionDue(request.timer, now)) {
    request.timer = fireIntervention(config.intervention, request.timer, now, uniform());
    request.retryAt = Infinity;
    request.sends++;
    forgetLeader(session.leader);
    return [{ effect: "send", send: "all", kind: "UpdateLeader", seq }];
  }
  if (now < request.retryAt) return [];
  request.retryAt = now + backoffMs(config.retry, request.sends, uniform());
  request.sends++;
  forgetLeader(session.leader);
  return [{ effect: "send", send: "all", kind: "SendRequest", seq }];
}

/** Ends a request below the replicas' window: another session moved it, or an earlier one whose clock was ahead of ours. */
function expire(session: Session, request: Outstanding, floor: number, clock: number, now: number): SessionEffect[] {
  // A floor above our clock, before anything of ours was applied, was set by a clock ahead of this one and not by a session that
  // began after ours.
  const behind = floor > clock && Number.isSafeInteger(floor + 4 * RESTART_GAP);
  if (behind && !session.established && !session.restarted) restart(session, floor);
  remove(session, request);
  if (request.seq < session.epoch) return [...renumber(session, request, floor, now), ...admit(session, now)];
  session.fencedBy = floor;
  const queued = session.queue.splice(0);
  return [
    failed(request.ticket, request.seq, { reason: "fenced", floor, sent: true }),
    ...queued.map(({ ticket }) => failed(ticket, null, { reason: "fenced", floor, sent: false })),
  ];
}

/** Starts anew above `floor`, once. */
function restart(session: Session, floor: number): void {
  session.restarted = true;
  const gap = RESTART_GAP + Math.floor(session.uniform() * RESTART_SPREAD);
  session.epoch = Math.max(floor, session.nextSeq) + gap;
  session.floor = session.epoch;
  session.nextSeq = session.epoch;
}

/**
 * Moves a request from before the restart to the front of the queue for a new seq, if that cannot execute it twice: it is repeatable, or
 * was sent only once, so that the one answer it got is that it was not executed.
 */
function renumber(session: Session, request: Outstanding, floor: number, now: number): SessionEffect[] {
  const { ticket, deadlineAt, repeatable, seq } = request;
  if ((request.sends > 1 && !repeatable) || now >= deadlineAt) {
    return [failed(ticket, seq, { reason: "fenced", floor, sent: true })];
  }
  session.queue.unshift({ ticket, deadlineAt, repeatable });
  return [{ effect: "renumbered", ticket, seq }];
}

function remove(session: Session, request: Outstanding): void {
  session.outstanding.delete(request.seq);
  while (session.floor < session.nextSeq && !session.outstanding.has(session.floor)) session.floor++;
}

const dueOf = (request: Outstanding): number => Math.min(request.deadlineAt, request.retryAt, request.timer.dueAt);

function earliest(session: Session): number {
  let due = Infinity;
  for (const request of session.outstanding.values()) due = Math.min(due, dueOf(request));
  for (const queued of session.queue) due = Math.min(due, queued.deadlineAt);
  return due;
}

function takeWhere<T>(list: T[], wanted: (item: T) => boolean): T[] {
  const taken = list.filter(wanted);
  if (taken.length > 0) list.splice(0, list.length, ...list.filter((item) => !wanted(item)));
  return taken;
}

const failed = (ticket: number, seq: number | null, failure: FailureReason): SessionEffect => ({
  effect: "failed",
  ticket,
  seq,
  failure,
});
