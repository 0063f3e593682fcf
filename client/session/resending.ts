/** Times and targets of sending a request, and of sending it again (§7.3). */
import { backoffMs } from "./backoff.ts";
import { fireIntervention, interventionDue, type InterventionTimer, startIntervention } from "./intervention.ts";
import { forgetLeader, type LeaderCache } from "./leader_cache.ts";
import type { Uniform } from "./random.ts";
import type { SessionConfig, SessionEffect } from "./session_types.ts";

/** One request's sending. */
export interface Sending {
  readonly request: number;
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
}

/** The sending of a request first sent `now`. */
export function startSending({ config, uniform }: Sender, request: number, now: number): Sending {
  const retryAt = now + backoffMs(config.retry, 0, uniform());
  return { request, sends: 1, retryAt, timer: startIntervention(config.intervention, now) };
}

/** To the likely leader, else to all. */
export const firstSend = ({ leader }: Sender, request: number): SessionEffect => ({
  ...{ effect: "send", request, to: leader.likely ?? "all", intervention: false },
});

/** Returns the time at which the request is due again. */
export const resendAt = ({ retryAt, timer }: Sending): number => Math.min(retryAt, timer.dueAt);

/** Repeats what is due: the request first, and once the leader had its time as an intervention, both to all (§7.3). */
export function resend({ config, uniform, leader }: Sender, sending: Sending, now: number): SessionEffect[] {
  const { request } = sending;
  const intervention = interventionDue(sending.timer, now);
  if (!intervention && now < sending.retryAt) return [];
  if (intervention) {
    sending.timer = fireIntervention(config.intervention, sending.timer, now, uniform());
    sending.retryAt = Infinity;
  } else {
    sending.retryAt = now + backoffMs(config.retry, sending.sends, uniform());
  }
  sending.sends++;
  forgetLeader(leader);
  return [{ effect: "send", request, to: "all", intervention }];
}
