/** Times and targets of sending a request, and of sending it again (§7.3). */
import { backoffMs, type BackoffPolicy } from "./backoff.ts";
import { fireIntervention, interventionDue, type InterventionTimer, startIntervention } from "./intervention.ts";
import { forgetLeader, type LeaderCache } from "./leader_cache.ts";
import type { Pace } from "./pace.ts";
import type { Uniform } from "./random.ts";
import { lateAfterMs, noteRoundTrip, type RoundTrips } from "./round_trips.ts";
import type { SessionConfig, SessionEffect } from "./session_types.ts";

/** One request's sending. */
export interface Sending {
  readonly request: number;
  readonly sentAt: number;
  /** Rounds of sending so far. */
  sends: number;
  /** Time at which the request is due again; past the first intervention only its timer counts. */
  retryAt: number;
  timer: InterventionTimer;
  /** Set while the leader's latest word is that it is busy, and the request is to be sent to it again. */
  turnedAway: boolean;
  /** Set once a leader was busy. */
  wasTurnedAway: boolean;
}

/** The facts about its session that sending rests on. */
export interface Sender {
  readonly config: SessionConfig;
  readonly uniform: Uniform;
  readonly leader: LeaderCache;
  readonly trips: RoundTrips;
  readonly pace: Pace;
}

/** Times that the waits of the configuration are stretched at most where answers take longer. */
const MOST_STRETCH = 4;
/** Late answers' worth of time that a leader has before an intervention. */
const LATE_ROUNDS = 2;

/** Wait until a request that others come before is looked at again. */
const LEAST_WAIT_MS = 50;

/** The sending of a request first sent `now`. The waits are those of the configuration, or as long as answers have been taking (§7.3). */
export function startSending(sender: Sender, request: number, now: number): Sending {
  const { intervention } = sender.config;
  const afterMs = stretched(intervention.afterMs, LATE_ROUNDS * lateAfterMs(sender.trips));
  const retryAt = now + backoffMs(retryOf(sender), 0, sender.uniform());
  const timer = startIntervention({ ...intervention, afterMs }, now);
  return { request, sentAt: now, sends: 1, retryAt, timer, turnedAway: false, wasTurnedAway: false };
}

/**
 * Takes in that the leader turned a request away: it is sent to it again after the wait that it named, and a random part of that. The first
 * intervention for it waits as long if `mayWait`.
 */
export function turnedAway(
  { config, uniform }: Sender,
  sending: Sending,
  waitMs: number,
  mayWait: boolean,
  now: number,
): void {
  const { afterMs } = config.intervention;
  sending.turnedAway = true;
  sending.wasTurnedAway = true;
  sending.retryAt = now + Math.min(waitMs, afterMs) * (1 + uniform());
  if (!mayWait || sending.timer.fired > 0) return;
  sending.timer = { fired: 0, dueAt: Math.max(sending.timer.dueAt, sending.retryAt + afterMs) };
}

const stretched = (ms: number, wantedMs: number): number => Math.min(MOST_STRETCH * ms, Math.max(ms, wantedMs));

function retryOf({ config: { retry }, trips }: Sender): BackoffPolicy {
  const lateMs = lateAfterMs(trips);
  const capMs = stretched(retry.capMs, lateMs);
  return { ...retry, baseMs: Math.min(capMs, Math.max(retry.baseMs, lateMs)), capMs };
}

/** Returns whether a request that was turned away is not sent again yet: those before it come first. It is looked at again later. */
export function keepsWaiting({ pace }: Sender, sending: Sending, now: number): boolean {
  if (!sending.turnedAway || interventionDue(sending.timer, now)) return false;
  if (now >= sending.retryAt) sending.retryAt = Math.max(pace.cutUntil, now + LEAST_WAIT_MS);
  return true;
}

/** Takes in that some replica answered a request, though not yet enough: the others are at it, and need no reminder for a while. */
export function answersComing(sender: Sender, sending: Sending, now: number): void {
  if (sending.timer.fired === 0) sending.retryAt = Math.max(sending.retryAt, now + retryOf(sender).baseMs);
}

/** Takes in that a request was answered. What took an intervention says nothing about how long answers take. */
export function answered({ trips }: Sender, { sentAt, timer }: Sending, now: number): void {
  if (timer.fired === 0) noteRoundTrip(trips, sentAt, now);
}

/** To the likely leader, else to all. */
export const firstSend = ({ leader }: Sender, request: number): SessionEffect => ({
  ...{ effect: "send", request, to: leader.likely ?? "all", intervention: false },
});

/** Returns the time at which the request is due again. */
export const resendAt = ({ retryAt, timer }: Sending): number => Math.min(retryAt, timer.dueAt);

/** Repeats what is due: the request first, and once the leader had its time as an intervention, both to all (§7.3). */
export function resend(sender: Sender, sending: Sending, now: number): SessionEffect[] {
  const { config, uniform, leader, trips } = sender;
  const { request } = sending;
  const intervention = interventionDue(sending.timer, now);
  if (!intervention && now < sending.retryAt) return [];
  if (intervention) {
    sending.timer = fireIntervention(config.intervention, sending.timer, now, uniform());
    sending.retryAt = Infinity;
  } else {
    sending.retryAt = now + backoffMs(retryOf(sender), sending.sends, uniform());
  }
  sending.sends++;
  const toLeader = sending.turnedAway && !intervention;
  sending.turnedAway = false;
  if (toLeader) return [firstSend(sender, request)];
  // Where others were answered since, the leader is there, and busy.
  if (trips.answeredAt <= sending.sentAt) forgetLeader(leader);
  return [{ effect: "send", request, to: "all", intervention }];
}
