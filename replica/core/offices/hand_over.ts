/** A leader that gives up its office (§14.2). */
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import { type Context, note, send } from "../context.ts";
import { lastHead, lastIndex } from "../log/log.ts";
import type { Leadership } from "../replication/leader_state.ts";
import { reportsOf } from "../replication/response_book.ts";
import type { CoreState } from "../state.ts";
import { paceDue } from "./expectation.ts";
import { noteLearnerServed, waitingLearner } from "./learners.ts";
import type { Handing } from "./office_state.ts";
import { presentOffice } from "./terms_of_office.ts";

/** Returns whether a hand-over under way keeps this leader from proposing. */
export const stopsProposing = ({ handing }: Leadership): boolean => handing !== null && handing.failedAt === null;

/** Begins the hand-over that is wanted, signs its word once all is committed, repeats that, and gives up what does not succeed. */
export function tickHandOver(context: Context, leadership: Leadership): void {
  const { state, now } = context;
  const { electionTimeoutMs } = state.config.constants;
  if (leadership.handing?.signed) return tickSigned(context, leadership, leadership.handing);
  const wanted = wantedHandOver(state, now);
  if (wanted === null) {
    leadership.handing = null;
    return;
  }
  const failedAt = leadership.handing?.failedAt ?? null;
  if (leadership.handing === null || (failedAt !== null && now >= failedAt + electionTimeoutMs)) {
    leadership.handing = { ...wanted, begunAt: now, signed: null, failedAt: null };
    note(context, "info", "hand-over-begun", { term: state.hard.currentTerm, ...wanted });
  }
  const { handing } = leadership;
  if (handing.failedAt !== null) return;
  const successor = lastIndex(state.log) === state.commitIndex ? successorOf(state) : null;
  if (successor !== null) signHandOver(context, leadership, handing, successor);
  else if (now >= handing.begunAt + electionTimeoutMs / 2) giveUp(context, leadership, handing, "not-drained");
}

/** Returns the reason for which this leader is to give up its office, and the learner it does it for; null if it is to stay (§14.5). */
function wantedHandOver(state: CoreState, now: Millis): Pick<Handing, "reason" | "learner"> | null {
  const { leaving } = state.offices;
  if (leaving !== null) return { reason: leaving.reason, learner: null };
  if (paceDue(state) !== null) return { reason: "pace", learner: null };
  if (presentOffice(state)?.dueSince != null) return { reason: "office", learner: null };
  const learner = waitingLearner(state, now);
  return learner === null ? null : { reason: "learner", learner };
}

/**
 * Returns the first replica behind this one in the roster's order that has reported the last entry prepared in this term, unless this one holds
 * evidence against it or finds it too slow. It holds the highest certificate there is, so that no honest voter refuses it.
 */
function successorOf(state: CoreState): ReplicaId | null {
  const { config: { replicas, self }, hard, log, evidence, offices } = state;
  const tip = lastHead(log);
  const level = new Set(
    reportsOf(state.responses, hard.currentTerm)
      .filter(({ index, hash }) => index === tip.index && hash === tip.hash)
      .map(({ response }) => response.message.replica),
  );
  const own = replicas.indexOf(self);
  return [...replicas.slice(own + 1), ...replicas.slice(0, own)].find((id) =>
    level.has(id) && !offices.tooSlow.has(id) && !evidence.some(({ culprit }) => culprit === id)
  ) ?? null;
}

function signHandOver(context: Context, leadership: Leadership, handing: Handing, successor: ReplicaId): void {
  const { state, now } = context;
  const { index, hash } = lastHead(state.log);
  const message = {
    ...{ kind: "HandOver" as const, term: state.hard.currentTerm, leader: state.config.self },
    ...{ successor, index, hash },
  };
  state.offices.handedOverAt = now;
  if (handing.learner !== null) noteLearnerServed(state, handing.learner, now);
  leadership.handing = { ...handing, signed: { message, at: now, repeatAt: now } };
  tickSigned(context, leadership, leadership.handing);
}

/** §14.2d, §14.2f: repeats the one HandOver of the term while nobody else leads, but does not hold up requests for it for long. */
function tickSigned(context: Context, leadership: Leadership, handing: Handing): void {
  const { state, now } = context;
  const { heartbeatMs, electionTimeoutMs } = state.config.constants;
  const signed = handing.signed!;
  if (now >= signed.repeatAt) {
    leadership.handing = { ...handing, signed: { ...signed, repeatAt: now + heartbeatMs } };
    send(context, "all", { kind: "HandOver", signed: signed.message });
  }
  if (handing.failedAt === null && now >= signed.at + electionTimeoutMs) {
    giveUp(context, leadership, leadership.handing!, "not-elected");
  }
}

function giveUp(context: Context, leadership: Leadership, handing: Handing, why: string): void {
  const { state, now } = context;
  leadership.handing = { ...handing, failedAt: now };
  if (handing.learner !== null) noteLearnerServed(state, handing.learner, now);
  note(context, "warn", "hand-over-failed", { term: state.hard.currentTerm, reason: handing.reason, why });
}
