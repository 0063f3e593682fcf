/** Events of a cluster, each in one plain sentence. */
import type { NamedEvidence } from "./readings.ts";

const REASONS: Readonly<Record<string, string>> = {
  timer: "the others heard nothing useful from it in time",
  "no-leader": "the election before had brought no leader",
  "hand-over": "it handed over in good order",
  pace: "it was slower than the pace its office asks for",
  patience: "a client intervened because it was not served in time",
  time: "it held back the time that leases wait for",
  office: "its term of office was over",
  evidence: "its own signatures prove that it lied",
  "left-behind": "the others were in a higher term already",
  learner: "it handed over so that a replica without its disk could rejoin",
};

/** Returns why a leader had to go, as a clause; null if nobody said. */
export const reasonClause = (reason: string | null): string | null =>
  reason === null ? null : REASONS[reason] ?? `it broke the protocol (${reason})`;

/** Returns the sentence for a new leader. */
export function electionSentence(
  leader: string,
  term: number,
  before: { readonly leader: string; readonly term: number } | null,
  reason: string | null,
): string {
  if (before === null) return `${leader} leads in term ${term}: a quorum had elected it before anybody looked here.`;
  const why = reasonClause(reason);
  const cause = why === null ? "" : ` ${before.leader} had to go because ${why}.`;
  return leader === before.leader
    ? `A quorum elected ${leader} again, for term ${term}.${why === null ? "" : ` Reason for the election: ${why}.`}`
    : `A quorum elected ${leader} leader of term ${term}, after ${before.leader} in term ${before.term}.${cause}`;
}

const LIES: Readonly<Record<string, string>> = {
  equivocation: "signed two different entries for one place of the log",
  "double-ack": "acknowledged two different entries at one place of the log",
  "double-vote": "voted for two candidates in one term",
  "bad-entry": "proposed an entry that no honest leader proposes",
};

/** Returns the sentence for evidence that `holders` hold. */
export const evidenceSentence = ({ kind, culprit }: NamedEvidence, holders: readonly string[]): string =>
  `${culprit} ${LIES[kind] ?? `broke the protocol (${kind})`}: ${holders.join(", ")} ${
    holders.length === 1 ? "holds" : "hold"
  } its own signatures as proof, and no honest replica can be accused like that.`;

/** Returns the sentence for a replica that stopped to take part. */
export const lostSentence = (replica: string, reason: string | null): string =>
  `${replica} takes no part any more: ${reason ?? "it said no reason"}.`;

/** Returns the sentence for a replica that takes part again. */
export const backSentence = (replica: string): string =>
  `${replica} takes part again, and has or fetches what it missed.`;

/** Returns the sentence for requests under intervention. */
export const interventionSentence = (requests: number, at: readonly string[]): string =>
  `A client got no answer in time and asked all replicas: ${requests} of its requests ${
    requests === 1 ? "waits" : "wait"
  } at ${at.join(", ")}, and a leader that does not order them soon is replaced.`;

/** Returns the sentence for a new roster. */
export const epochSentence = (epoch: number, replicas: readonly string[]): string =>
  `The cluster was reconfigured: epoch ${epoch} began with ${replicas.length} replicas (${replicas.join(", ")}).`;

/** Returns the sentence for an answer that enough others contradict. */
export const disagreementSentence = (replica: string, times: number): string =>
  `${replica} answered ${
    times === 1 ? "a request" : `${times} requests`
  } otherwise than enough others did, and was outvoted: nobody took its answer.`;

/** Returns the sentence for a commit hash that is not the one of the log. */
export const forkSentence = (replica: string, index: number): string =>
  `${replica} names another hash at index ${index} than f + 1 others: it lies about the log, or has lost part of it.`;
