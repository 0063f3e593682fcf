/** The moves of the greedy adversary, each with the score it has now. */
import type { ReplicaId, Term } from "../../../../protocol/ids.ts";
import { certified, compareRank } from "../../../../protocol/rank.ts";
import { contains, lastHead } from "../../../../replica/core/log/log.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import { ballot, quorumIn, ranked, runningCandidates } from "../support/craft.ts";
import { requestFor } from "../support/request_for.ts";
import { conflict, fullSupport, type Move, type Option, type Situation } from "./greedy_situation.ts";

/** Returns a number that changes every `everyMs`, for messages repeated now and then since they may be lost. */
const beat = ({ faultyReplica: { colluders } }: Situation, everyMs: number): number =>
  Math.floor(colluders.now() / everyMs);

/** Supports the entries on the log of `id` in `term`, towards it alone. */
function back(situation: Situation, score: number, [id, state]: readonly [ReplicaId, CoreState], term: Term): Option[] {
  if (term === 0) return [];
  const { speaker } = situation;
  const { index, hash } = lastHead(state.log);
  return [{
    score,
    key: `back ${id} ${term} ${index} ${hash} ${state.prepared.index} ${beat(situation, 400)}`,
    play: () => speaker.say([id], { kind: "AppendEntriesResponse", signed: fullSupport(speaker.self, term, state) }),
  }];
}

const behind = ([, { log, commitIndex }]: readonly [ReplicaId, CoreState]): boolean =>
  lastHead(log).index > commitIndex;

/** Shows pets alone the acks and reports that are missing: they commit, and no other replica knows. */
const commitAlone: Move = (situation) =>
  situation.states.filter((each) => situation.pets.has(each[0]) && behind(each)).flatMap((each) => [
    ...back(situation, 100, each, each[1].hard.currentTerm),
    ...back(situation, 95, each, each[1].prepared.term),
  ]);

/** Sends it to pets in several messages, in case each of them counts. */
const manyVoices: Move = (situation) =>
  situation.states.filter((each) => situation.pets.has(each[0]) && behind(each)).map(([id, state]) => {
    const { speaker } = situation;
    const { index } = lastHead(state.log);
    const said = fullSupport(speaker.self, state.hard.currentTerm, state);
    const again = { ...said, acks: said.acks.slice(-1), round: (said.round + 1) as typeof said.round };
    return {
      score: state.hard.currentTerm > 0 ? 60 : 0,
      key: `voices ${id} ${said.term} ${index}`,
      play: () => speaker.say([id], { kind: "AppendEntriesResponse", signed: again }),
    };
  });

/** Supports the others too if their log differs from a pet's, or a pet has committed something they have not and a new term began. */
const backOtherBranch: Move = (situation) => {
  const pets = situation.states.filter(([id]) => situation.pets.has(id));
  return situation.states.filter((each) => !situation.pets.has(each[0]) && behind(each)).flatMap((each) => {
    const forked = pets.some(([, pet]) => conflict(pet, each[1]));
    const outdated = situation.states.some(([, other]) =>
      other.commitIndex > each[1].commitIndex && other.hard.currentTerm < each[1].hard.currentTerm
    );
    return forked || outdated ? back(situation, forked ? 90 : 85, each, each[1].hard.currentTerm) : [];
  });
};

/** Votes: preferably for the candidate that knows least; when all is to stall, for one that cannot win by it. */
const crown: Move = (situation) => {
  const { faultyReplica, speaker, temper } = situation;
  const highest = situation.states.map(([, { prepared }]) => prepared).sort(compareRank).at(-1);
  return runningCandidates(faultyReplica).map((running) => {
    const { candidate, term, base, state } = running;
    const votes = state.election.candidacy?.votes.size ?? 0;
    const wins = votes + faultyReplica.colluders.members.length >= quorumIn(faultyReplica.colluders).quorum;
    const ignorant = highest !== undefined && compareRank(base, highest) < 0;
    return {
      score: temper === "stall" ? (wins ? 0 : 70) : ignorant ? 98 : 80,
      key: `vote ${candidate} ${term} ${beat(situation, 200)}`,
      play: () => speaker.say([candidate], ballot(speaker.self, running)),
    };
  });
};

/** Shows a certificate that was held back to a replica that has left its term, message by message as it was made (§4.3, §5.6). */
const showLate: Move = (situation) => {
  const { faultyReplica, speaker } = situation;
  return situation.states.flatMap(([id, state]) => {
    const late = ranked(faultyReplica).findLast((each) =>
      each.term > 0 && each.term < state.hard.currentTerm && compareRank(each, state.prepared) > 0 &&
      contains(state.log, each)
    );
    return late === undefined ? [] : [{
      score: situation.pets.has(id) ? 92 : 55,
      key: `late ${id} ${late.term} ${late.index}`,
      play: () => {
        for (const signed of late.responses) speaker.pass([id], { kind: "AppendEntriesResponse", signed });
        const report = { ...fullSupport(speaker.self, late.term, state), acks: [], prepared: certified(late) };
        speaker.say([id], { kind: "AppendEntriesResponse", signed: report });
        const mixed = { ...report, term: state.hard.currentTerm };
        speaker.say([id], { kind: "AppendEntriesResponse", signed: mixed });
      },
    }];
  });
};

/** Refuses with a certificate that was held back, so that a candidacy comes to nothing. */
const refuse: Move = ({ faultyReplica, speaker, temper }) =>
  runningCandidates(faultyReplica).flatMap(({ candidate, term, state }) => {
    const higher = ranked(faultyReplica).find((each) => compareRank(each, state.prepared) > 0);
    const signed = { kind: "VoteRefusal", term, candidate, voter: speaker.self } as const;
    return higher === undefined ? [] : [{
      score: temper === "stall" ? 75 : 0,
      key: `refuse ${candidate} ${term} ${higher.term} ${higher.index}`,
      play: () => speaker.say([candidate], { kind: "VoteRefusal", signed, certificate: higher }),
    }];
  });

/** Brings on the next election as soon as one replica knows more than the others. */
const unrest: Move = (situation) => {
  const { states, speaker, faultyReplica: { colluders } } = situation;
  const commits = states.map(([, { commitIndex }]) => commitIndex);
  const term = Math.max(0, ...states.map(([, { hard }]) => hard.currentTerm)) + 1 as Term;
  const signed = { kind: "PreVote", term, replica: speaker.self } as const;
  return [{
    score: Math.max(0, ...commits) > Math.min(Infinity, ...commits) ? 65 : 0,
    key: `unrest ${term} ${beat(situation, 200)}`,
    play: () => speaker.say(colluders.honest, { kind: "PreVote", signed, proof: null }),
  }];
};

/** Takes one suspecting replica into a term of its own (§12, "x+1, x, x"). */
const drift: Move = ({ states, faultyReplica, speaker, temper }) => {
  if (temper !== "stall") return [];
  const suspecting = states.filter(([, { election }]) => election.suspectingSince !== null);
  // As many as may drift without being a quorum together with the faulty ones.
  return suspecting.slice(0, faultyReplica.colluders.members.length).flatMap(([id, state]) => {
    const packet = requestFor(faultyReplica, state);
    return packet === null ? [] : [{
      score: 78,
      key: `drift ${id} ${packet.signed.term}`,
      play: () => speaker.say([id], packet),
    }];
  });
};

export const MOVES: readonly Move[] = [
  ...[commitAlone, backOtherBranch, crown, showLate, refuse],
  ...[unrest, drift, manyVoices],
];
