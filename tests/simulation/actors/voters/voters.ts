/** Faulty voters: they vote for all, refuse all, stay in the term they left, and time their PreVotes (§6.2–§6.5, §12). */
import type { ReplicaId, Term } from "../../../../protocol/ids.ts";
import { LIMITS } from "../../../../protocol/limits.ts";
import type { UnsignedPacket } from "../../../../protocol/packet.ts";
import { compareRank } from "../../../../protocol/rank.ts";
import { lastHead } from "../../../../replica/core/log/log.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import type { Actor, FaultyReplica, SimAdversary } from "../actor.ts";
import {
  ackSecretly,
  ballot,
  createRhythm,
  hearing,
  honestStates,
  inPlaceOf,
  muted,
  ranked,
  type Running,
  runningCandidates,
  Speaker,
} from "../support/craft.ts";
import { requestFor } from "../support/request_for.ts";

/** Interval at which a voter looks around. */
const LOOK_MS = 20;
const VOTING = ["Vote", "VoteDeferred", "VoteRefusal"] as const;

/** Votes for every candidate of a term at once, each on its own base, whether it was asked or not. */
const doubleVoter: Actor = (faultyReplica) => {
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, LOOK_MS);
  return inPlaceOf(faultyReplica, VOTING, () => {
    if (due()) voteForAll(faultyReplica, speaker);
  });
};

function voteForAll(faultyReplica: FaultyReplica, speaker: Speaker): void {
  for (const running of runningCandidates(faultyReplica)) {
    const { candidate, term, base } = running;
    // Votes get lost: repeated now and then.
    const beat = Math.floor(faultyReplica.colluders.now() / 200);
    const key = `vote ${candidate} ${term} ${base.term} ${base.index} ${beat}`;
    if (speaker.first(key)) speaker.say([candidate], ballot(speaker.self, running));
  }
}

/**
 * Refuses every candidate with a genuine certificate: the lowest that outranks what the candidate has, so that the next candidacy can be
 * refused too. It acks in secret, so that it holds certificates no other replica does, and hands out neither acks nor entries.
 */
const refuser: Actor = (faultyReplica) => {
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, LOOK_MS);
  const kept = [...VOTING, "AppendEntriesResponse", "FetchEntriesResponse", "RequestVote"] as const;
  return {
    ...inPlaceOf(faultyReplica, kept, () => {
      if (due()) runningCandidates(faultyReplica).forEach((running) => refuse(faultyReplica, speaker, running));
    }),
    swallows: hearing("AppendEntriesResponse", ({ signed }) => ackSecretly(faultyReplica.colluders, signed.message)),
  };
};

function refuse(faultyReplica: FaultyReplica, speaker: Speaker, { candidate, term, state }: Running): void {
  const known = ranked(faultyReplica);
  const higher = known.filter((each) => compareRank(each, state.prepared) > 0);
  const certificate = higher[0] ?? known.at(-1)!;
  const beat = Math.floor(faultyReplica.colluders.now() / 100);
  if (!speaker.first(`refusal ${candidate} ${term} ${certificate.term} ${certificate.index} ${beat}`)) return;
  const signed = { kind: "VoteRefusal", term, candidate, voter: speaker.self } as const;
  speaker.say([candidate], { kind: "VoteRefusal", signed, certificate });
}

/**
 * Votes in the new term and goes on acking and reporting in the old one (§4.3): replicas that stay behind there have its support, up to the
 * last entry of their logs.
 */
const clinger: Actor = (faultyReplica) => {
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, LOOK_MS);
  return inPlaceOf(faultyReplica, [...VOTING, "AppendEntriesResponse"], () => {
    if (!due()) return;
    voteForAll(faultyReplica, speaker);
    for (const [id, state] of honestStates(faultyReplica)) supportWhereItIs(speaker, id, state);
  });
};

function supportWhereItIs(speaker: Speaker, id: ReplicaId, state: CoreState): void {
  const head = lastHead(state.log);
  // Entries certified in a term that is over for it are still supported in that term.
  for (const term of new Set([state.hard.currentTerm, state.prepared.term])) {
    if (term === 0 || !speaker.first(`${id} ${term} ${head.index} ${head.hash}`)) continue;
    speaker.say([id], support(speaker.self, term, state));
  }
}

function support(self: ReplicaId, term: Term, { log, commitIndex, genesis, view: { lastRound } }: CoreState) {
  const acks = log.entries.slice(-16).filter(({ entry }) => entry.index > commitIndex)
    .map(({ entry, hash }) => ({ index: entry.index, hash }));
  return {
    kind: "AppendEntriesResponse",
    signed: {
      kind: "AppendEntriesResponse",
      ...{ term, replica: self, acks, prepared: { term, ...lastHead(log) }, round: lastRound },
      ...{ commitIndex: log.base.index, commitHash: genesis.hash },
    },
  } as const satisfies UnsignedPacket;
}

/**
 * Keeps every PreVote it ever received and asks single replicas for their vote with them, so that they drift apart from the others' term
 * (§6.3, "honest replicas in x+1, x, x"). From some moment on it is silent.
 */
const preVoteCollector: Actor = (faultyReplica) => {
  const { colluders } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, LOOK_MS);
  return thenSilent(faultyReplica, ["RequestVote"], () => {
    if (!due()) return;
    const wavering = honestStates(faultyReplica).filter(([, { election }]) => election.suspectingSince !== null);
    if (wavering.length === 0) return;
    const [id, state] = colluders.rng.pick(wavering);
    const packet = requestFor(faultyReplica, state);
    if (packet && speaker.first(`ask ${id} ${packet.signed.term}`)) speaker.say([id], packet);
  });
};

/** Sends each replica PreVotes for another term: just below what it needs, just above, far off. From some moment on it is silent. */
const awkwardPreVotes: Actor = (faultyReplica) => {
  const { colluders, config } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, config.constants.heartbeatMs);
  return thenSilent(faultyReplica, ["PreVote"], () => {
    if (!due()) return;
    const states = honestStates(faultyReplica);
    const highest = Math.max(1, ...states.map(([, { hard }]) => hard.currentTerm));
    for (const [id, { hard: { currentTerm } }] of states) {
      const terms = [currentTerm, currentTerm + 1, currentTerm + 2, highest, highest + 1, LIMITS.maxInteger];
      const term = Math.max(1, colluders.rng.pick(terms)) as Term;
      speaker.say([id], { kind: "PreVote", signed: { kind: "PreVote", term, replica: config.self }, proof: null });
    }
  });
};

/** Acts until a moment drawn at the start, and sends nothing at all afterwards; before it, nothing of `kinds` of its own. */
function thenSilent(
  faultyReplica: FaultyReplica,
  kinds: Parameters<typeof inPlaceOf>[1],
  act: () => void,
): SimAdversary {
  const { colluders, config } = faultyReplica;
  const until = colluders.now() + colluders.rng.between(2_000, 15_000);
  const speaking = inPlaceOf(faultyReplica, kinds, act);
  return {
    corrupt: (outgoing, now) =>
      colluders.now() > until ? muted(outgoing, config.self) : speaking.corrupt!(outgoing, now),
    answers: (reply) => colluders.now() > until ? [] : [reply],
  };
}

export const VOTERS: Readonly<Record<string, Actor>> = {
  "double-voter": doubleVoter,
  refuser,
  clinger,
  "prevote-collector": preVoteCollector,
  "awkward-prevotes": awkwardPreVotes,
};
