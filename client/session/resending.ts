/** Times and targets of sending a request, and of sending it again (§7.3). */
import { backoffMs, type BackoffPolicy } from "./backoff.ts";
import { fireIntervention, interventionDue, type InterventionTimer, startIntervention } from "./intervention.ts";
import { forgetLeader, type LeaderCache } from "./leader_cache.ts";
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
}

/** The facts about its session that sending rests on. */
export interface Sender {
  readonly config: SessionConfig;
  readonly uniform: Uniform;
  readonly leader: LeaderCache;
  readonly trips: RoundTrips;
}

/** Times that the waits of the configuration are stretched at most where answers take longer. */
const MOST_STRETCH = 4;
/** Late answers' worth of time that a leader has before an intervention. */
const LATE_ROUNDS = 2;

/** The sending of a request first sent `now`. The waits are those of the configuration, or as long as answers have been taking (§7.3). */
export function startSending(sender: Sender, request: number, now: number): Sending {
  const { intervention } = sender.config;
  const afterMs = stretched(intervention.afterMs, LATE_ROUNDS * lateAfterMs(sender.trips));
  const retryAt = now + backoffMs(retryOf(sender), 0, sender.uniform());
  return { request, sentAt: now, sends: 1, retryAt, timer: startIntervention({ ...intervention, afterMs }, now) };
}

const stretched = (ms: number, wantedMs: number): number => Math.min(MOST_STRETCH * ms, Math.max(ms, wantedMs));

function retryOf({ config: { retry }, trips }: Sender): BackoffPolicy {
  const lateMs = lateAfterMs(trips);
  const capMs = stretched(retry.capMs, lateMs);
  return { ...retry, baseMs: Math.min(capMs, Math.max(retry.baseMs, lateMs)), capMs };
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
  // Where others were answered since, the leader is there, and busy.
  if (trips.answeredAt <= sending.sentAt) forgetLeader(leader);
  return [{ effect: "send", request, to: "all", intervention }];
}
