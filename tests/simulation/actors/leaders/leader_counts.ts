/** Counts of what faulty leaders and candidates did in a run, for their tests. */
import type { Certificate } from "../../../../protocol/certificate.ts";
import type { AppendEntries, Certified, Vote } from "../../../../protocol/message.ts";
import { compareRank, sameCertified } from "../../../../protocol/rank.ts";
import { ambiguous, type Count, faulty, type Sent } from "../support/attack_lab.ts";
import { slotIn } from "../support/slots.ts";

/** Returns headers that faulty replicas signed as leaders themselves, with their receivers. */
export const headers = (sent: readonly Sent[]) =>
  faulty(sent, "AppendEntries").flatMap(({ from, to, now, packet }) => {
    const { message } = packet.signed;
    return message.leader === from ? [{ to, now, packet, ...message, end: endOf(message) }] : [];
  });

const endOf = ({ prevIndex, entryHashes }: AppendEntries): number => prevIndex + entryHashes.length;

type Header = ReturnType<typeof headers>[number];

/** Returns the headers of each term that faulty replicas led under a proof. */
export function rogueTerms(sent: readonly Sent[]): (readonly Header[])[] {
  const terms = new Map<number, Header[]>();
  for (const header of headers(sent)) terms.set(header.term, [...terms.get(header.term) ?? [], header]);
  return [...terms.values()].filter((all) => all.some(({ packet }) => packet.proof !== null));
}

/** Returns the number of receivers of headers with entries, or without. */
export const receivers = (all: readonly Header[], entries: boolean): number =>
  new Set(all.filter(({ entryHashes }) => entryHashes.length > 0 === entries).flatMap(({ to }) => to)).size;

/** Counts headers whose round is not above one of the same term that was sent before. */
export const roundsRepeated: Count = (sent) =>
  rogueTerms(sent).reduce((sum, all) => {
    let highest = 0;
    return sum + all.filter(({ round }) => {
      const again = round <= highest;
      highest = Math.max(highest, round);
      return again;
    }).length;
  }, 0);

/** Counts requests that occur more than once, at different places, in what one leader of one term sent. */
export const repeatedRequests: Count = (sent) =>
  ambiguous(
    headers(sent).flatMap(({ term, packet }) =>
      packet.entries.flatMap(({ index, requests }) =>
        (requests ?? []).map((request, i): [string, string] => [`${term} ${slotIn(request)}`, `${index} ${i}`])
      )
    ),
  );

/** Counts entries that replace others that an honest replica had shown committed, or a leader's base held. */
export const replacing: Count = (sent) => {
  const firm = new Map<number, string>();
  let found = 0;
  for (const { honest, packet } of sent) {
    if (honest && packet.kind === "AppendEntriesResponse") {
      const { commitIndex, commitHash } = packet.signed.message;
      firm.set(commitIndex, commitHash);
    }
    if (honest || packet.kind !== "AppendEntries") continue;
    if (packet.proof) firm.set(packet.proof.base.index, packet.proof.base.hash);
    const { prevIndex, entryHashes } = packet.signed.message;
    entryHashes.forEach((hash, i) => {
      const known = firm.get(prevIndex + 1 + i);
      if (known !== undefined && known !== hash) found++;
    });
  }
  return found;
};

/** Counts headers with all their entries below the base of their term. */
export const belowBase: Count = (sent) =>
  rogueTerms(sent).reduce((sum, all) => {
    const base = all.find(({ packet }) => packet.proof !== null)!.packet.proof!.base.index;
    return sum + all.filter(({ end }) => end < base).length;
  }, 0);

/** Returns the votes of election proofs that faulty replicas showed, each proof once. */
export function proofs(sent: readonly Sent[]) {
  const seen = new Map<object, { readonly base: Certificate; readonly votes: readonly Vote[] }>();
  for (const { packet: { proof } } of headers(sent)) {
    if (proof) seen.set(proof, { base: proof.base, votes: proof.votes.map(({ message }) => message) });
  }
  return [...seen.values()];
}

/** Returns RequestVotes of faulty candidates. */
export const requests = (sent: readonly Sent[]) =>
  faulty(sent, "RequestVote").map(({ to, now, from, packet: { signed, certificate, preVotes } }) => ({
    ...{ to, now, from, certificate, preVotes },
    ...signed.message,
  }));

/** Counts requests on bases that rank below what one of their receivers had shown prepared. */
export const lowRequests: Count = (sent) => {
  const shown = new Map<string, Certified>();
  let found = 0;
  for (const { honest, from, to, packet } of sent) {
    if (honest && packet.kind === "AppendEntriesResponse") shown.set(from, packet.signed.message.prepared);
    if (honest || packet.kind !== "RequestVote") continue;
    const { base } = packet.signed.message;
    found += to.filter((id) => shown.has(id) && compareRank(base, shown.get(id)!) < 0).length;
  }
  return found;
};

/** Returns whether the responses of a prepare certificate are not acks of its point by different replicas in its term. */
export const isFalse = ({ term, index, hash, responses }: Certificate, quorum: number): boolean =>
  term > 0 && (new Set(responses.map(({ message }) => message.replica)).size < quorum ||
    responses.some(({ message }) =>
      message.term !== term || !message.acks.some((ack) => ack.index === index && ack.hash === hash)
    ));

/** Returns whether all votes name one base. */
export const agree = (votes: readonly Vote[]): boolean =>
  votes.every((vote) => sameCertified(vote.base, votes[0]!.base));

/** Counts terms in which faulty candidates asked for votes. */
export const termsAsked: Count = (sent) => new Set(requests(sent).map(({ term }) => term)).size;
