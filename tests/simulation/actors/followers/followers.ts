/**
 * Faulty followers: they support anything that any replica acks, or support it towards one replica alone, late, in several messages, in
 * several terms at once; and report entries they were never shown (§5.4–§5.6, §12).
 */
import type { ReplicaId } from "../../../../protocol/ids.ts";
import type { AppendEntriesResponse } from "../../../../protocol/message.ts";
import type { Packet } from "../../../../protocol/packet.ts";
import { certified } from "../../../../protocol/rank.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import { far, laterTerm } from "../../../../replica/byzantine/lies.ts";
import { hashAt, lastHead } from "../../../../replica/core/log/log.ts";
import type { Actor, FaultyReplica } from "../actor.ts";
import { createRhythm, echo, hearing, honestStates, inPlaceOf, Speaker, withhold } from "../support/craft.ts";

const RESPONSE = ["AppendEntriesResponse"] as const;
const LOOK_MS = 20;

/** Returns whether `heard` acks something and is an honest replica's. */
export const acksIn = ({ colluders }: FaultyReplica, { replica, acks }: AppendEntriesResponse): boolean =>
  acks.length > 0 && colluders.honest.includes(replica);

/** Calls `say`, and again a few times, since packets may be lost. */
function repeated({ colluders }: FaultyReplica, delaysMs: readonly number[], say: () => void): void {
  say();
  for (const delay of delaysMs) colluders.later(delay, say);
}

const keyOf = ({ term, acks }: AppendEntriesResponse): string => {
  const { index, hash } = acks.at(-1)!;
  return `${term} ${index} ${hash}`;
};

/** Returns an actor that sends nothing about its own log, and answers every new point that an honest replica acks. */
const answering =
  (answer: (faultyReplica: FaultyReplica, speaker: Speaker, heard: AppendEntriesResponse) => void): Actor =>
  (faultyReplica) => {
    const speaker = new Speaker(faultyReplica);
    return {
      ...inPlaceOf(faultyReplica, RESPONSE, () => {}),
      swallows: hearing("AppendEntriesResponse", ({ signed: { message } }) => {
        if (acksIn(faultyReplica, message) && speaker.first(keyOf(message))) answer(faultyReplica, speaker, message);
      }),
    };
  };

const respond = (speaker: Speaker, to: readonly ReplicaId[], signed: AppendEntriesResponse): void =>
  speaker.say(to, { kind: "AppendEntriesResponse", signed });

/** Acks everything any replica acks, in any term and on every branch, and reports it prepared in the same message. */
const yesMan = answering((faultyReplica, speaker, heard) =>
  repeated(faultyReplica, [300], () => respond(speaker, faultyReplica.colluders.honest, echo(speaker.self, heard)))
);

/** Acks towards one replica per term alone, which is the only one to see the quorum; the others never learn of it. */
const favouring = answering((faultyReplica, speaker, heard) => {
  const { honest } = faultyReplica.colluders;
  const favourite = honest[(heard.term * 7) % honest.length]!;
  repeated(faultyReplica, [200], () => respond(speaker, [favourite], echo(speaker.self, heard)));
});

/** Acks one point in several terms, so that acks of different terms would make an invalid quorum (§5.5). */
const termMixer = answering((faultyReplica, speaker, heard) => {
  const others = honestStates(faultyReplica).map(([, { hard }]) => hard.currentTerm);
  const terms = new Set([heard.term, laterTerm(heard.term, -1), laterTerm(heard.term, 1), ...others]);
  for (const term of terms) {
    if (term > 0) respond(speaker, faultyReplica.colluders.honest, { ...echo(speaker.self, heard), term });
  }
});

/**
 * Holds its acks back until a later term has begun, and then sends them to replicas that still have the entries: certificates of the old
 * term turn up after the vote that should have known of them (§4.3, §5.6). It sends its reports of the old term to one replica alone.
 */
const lateAcker: Actor = (faultyReplica) => {
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, LOOK_MS);
  const kept: AppendEntriesResponse[] = [];
  return {
    ...inPlaceOf(faultyReplica, RESPONSE, () => {
      if (due()) kept.slice(-40).forEach((heard) => showLate(faultyReplica, speaker, heard));
    }),
    swallows: hearing("AppendEntriesResponse", ({ signed: { message } }) => {
      if (acksIn(faultyReplica, message) && speaker.first(`heard ${keyOf(message)}`)) kept.push(message);
      if (kept.length > 100) kept.splice(0, 50);
    }),
  };
};

function showLate(faultyReplica: FaultyReplica, speaker: Speaker, heard: AppendEntriesResponse): void {
  const { honest } = faultyReplica.colluders;
  const told = echo(speaker.self, heard);
  const onlyAcks = { ...told, prepared: { ...told.prepared, term: laterTerm(told.term, -1) } };
  for (const [id, { hard }] of honestStates(faultyReplica)) {
    if (hard.currentTerm <= heard.term || !speaker.first(`shown ${id} ${keyOf(heard)}`)) continue;
    respond(speaker, [id], honest.indexOf(id) === heard.term % honest.length ? told : onlyAcks);
  }
}

/** Sends responses whose two terms differ, about entries prepared long ago and entries it never saw (§5.6). */
const staleReporter: Actor = (faultyReplica) => {
  const { colluders } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, 2 * LOOK_MS);
  return inPlaceOf(faultyReplica, RESPONSE, () => {
    if (!due()) return;
    for (const [id, state] of honestStates(faultyReplica)) {
      const term = laterTerm(state.hard.currentTerm, 0);
      const head = lastHead(state.log);
      const never = { index: far(head.index, 1), hash: head.hash };
      const reports = [certified(state.prepared), { term: laterTerm(term, -1), ...head }, { term, ...never }];
      const prepared = colluders.rng.pick(reports);
      const said = colluders.rng.pick([term, laterTerm(term, 1), laterTerm(term, -1)]);
      if (!speaker.first(`${id} ${said} ${prepared.term} ${prepared.index} ${prepared.hash}`)) continue;
      respond(speaker, [id], {
        kind: "AppendEntriesResponse",
        ...{ term: said, replica: speaker.self, acks: [], prepared, round: state.view.lastRound },
        ...{
          commitIndex: state.commitIndex,
          commitHash: hashAt(state.log, state.commitIndex) ?? state.genesis.hash,
        },
      });
    }
  });
};

/** Sends each replica a different part of its core's output. */
const selective: Actor = ({ colluders, config }) => ({
  corrupt: (outgoing) =>
    outgoing.map((each) => {
      if (each.packet.kind !== "AppendEntriesResponse") return each;
      const to = each.to === "all" ? config.replicas : each.to;
      return { ...each, to: to.filter((id) => id === config.self || colluders.rng.chance(0.5)) };
    }),
});

const SILENCEABLE: readonly Packet["kind"][] = [
  "AppendEntries",
  "AppendEntriesResponse",
  "ResendRequest",
  "PreVote",
  "RequestVote",
  "Vote",
  "VoteDeferred",
  "VoteRefusal",
  "FetchEntriesResponse",
  "ForwardedRequest",
];

/** Sends nothing of some kinds, different ones in each stretch of time, and is honest otherwise. */
const choosy: Actor = (faultyReplica) => {
  const { colluders, config } = faultyReplica;
  const change = createRhythm(faultyReplica, 2_500);
  let kinds: readonly Packet["kind"][] = [];
  return {
    corrupt(outgoing) {
      if (change()) kinds = colluders.rng.shuffle(SILENCEABLE).slice(0, colluders.rng.int(1, 5));
      return withhold(outgoing, kinds, config.self);
    },
  };
};

/** Repeats its packets a hundred times, with unsigned ones in between. */
const flooder: Actor = (faultyReplica) => {
  const { colluders, config } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, 4 * config.constants.heartbeatMs);
  return {
    corrupt(outgoing) {
      if (due()) flood();
      return outgoing;
    },
  };

  function flood(): void {
    const { responses, preVotes } = colluders.adversaryView;
    const own = responses.findLast(({ message }) => message.replica === config.self) ?? responses.at(-1);
    const genuine = preVotes.at(-1);
    for (let i = 0; i < 25; i++) {
      if (own) {
        speaker.pass(colluders.honest, { kind: "AppendEntriesResponse", signed: i % 5 === 0 ? unsigned(own) : own });
      }
      if (genuine && i % 5 === 0) speaker.pass(colluders.honest, { kind: "PreVote", signed: genuine, proof: null });
    }
  }
};

/** Returns bytes that look signed, and are not. */
const unsigned = <M>(signed: Signed<M>): Signed<M> => ({ ...signed, signature: signed.signature.slice().fill(1) });

export const FOLLOWERS: Readonly<Record<string, Actor>> = {
  "yes-man": yesMan,
  favouring,
  "term-mixer": termMixer,
  "late-acker": lateAcker,
  "stale-reporter": staleReporter,
  selective,
  choosy,
  flooder,
};
