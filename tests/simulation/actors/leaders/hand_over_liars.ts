/** Abuses of hand-overs (§14.2, §14.3): false words, true words broken, words to accomplices, and learners that are none. */
import {
  type Digest,
  digest,
  type LogIndex,
  logIndex,
  type ReplicaId,
  type Term,
  term,
} from "../../../../protocol/ids.ts";
import type { HandOver } from "../../../../protocol/message.ts";
import type { Packet } from "../../../../protocol/packet.ts";
import { forged } from "../../../../replica/byzantine/lies.ts";
import { lastHead, lastIndex } from "../../../../replica/core/log/log.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import type { Actor, FaultyReplica } from "../actor.ts";
import { createRhythm, hearing, honestStates, quorumIn, Speaker, withhold } from "../support/craft.ts";

/** Words of other leaders that are kept to be shown again. */
const KEPT = 20;

/** Returns the word by which `leader` hands over to `successor` in the present term of `state`, at the end of its log. */
const wordOf = (state: CoreState, leader: ReplicaId, successor: ReplicaId): HandOver => ({
  ...{ kind: "HandOver", term: state.hard.currentTerm, leader, successor },
  ...lastHead(state.log),
});

const leads = ({ state }: FaultyReplica): boolean => state.view.role === "leader";

/** Returns whether a leader has something to show for its office, and nothing uncommitted: then it could hand over. */
const isDrained = ({ state }: FaultyReplica): boolean =>
  leads({ state } as FaultyReplica) && lastIndex(state.log) === state.commitIndex &&
  state.commitIndex > state.view.base!.index + 1;

/** Hands over in its leader's name, in its own though it does not lead, and repeats what leaders of old signed. */
const falseHandOver: Actor = (faultyReplica) => {
  const { state, colluders, config } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, 2 * config.constants.heartbeatMs);
  const heard: Packet[] = [];
  const act = (): void => {
    const { leader } = state.view;
    const message = wordOf(state, leader ?? speaker.self, colluders.rng.pick(config.replicas));
    speaker.say(colluders.honest, { kind: "HandOver", signed: message });
    speaker.pass(colluders.honest, { kind: "HandOver", signed: forged(message) });
    const own = { ...message, leader: speaker.self };
    for (const off of [0, 1]) {
      const signed = { ...own, term: term(own.term + off) };
      if (leader !== speaker.self) speaker.say(colluders.honest, { kind: "HandOver", signed });
    }
    const old = heard.length === 0 ? null : colluders.rng.pick(heard);
    if (old !== null) speaker.pass(colluders.honest, old);
  };
  return {
    corrupt(outgoing) {
      if (state.hard.currentTerm > 0 && due()) act();
      return outgoing;
    },
    swallows: hearing("HandOver", (packet) => {
      if (heard.push(packet) > KEPT) heard.splice(KEPT / 2, 1);
    }),
  };
};

/** As a leader: HandOvers of old, present and future terms, with other successors and tips to each. */
const handOverFlooder: Actor = (faultyReplica) => {
  const { state, colluders, config } = faultyReplica;
  const { rng } = colluders;
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, config.constants.heartbeatMs);
  const index = (): LogIndex =>
    logIndex(rng.pick([0, state.commitIndex, lastIndex(state.log), state.commitIndex + 1000]));
  const act = (): void => {
    for (const id of colluders.honest) {
      for (const off of [-1, 0, 1]) {
        const wrong = { term: term(Math.max(1, state.hard.currentTerm + off)), index: index() };
        speaker.say([id], {
          kind: "HandOver",
          signed: { ...wordOf(state, speaker.self, rng.pick(config.replicas)), ...wrong },
        });
      }
    }
  };
  return {
    corrupt(outgoing) {
      if (leads(faultyReplica) && due()) act();
      return outgoing;
    },
  };
};

/** Returns an actor that, once a term, signs what could be its word, to `receivers`, naming whom `choose` names, and leads on. */
const wordOnce = (
  choose: (faultyReplica: FaultyReplica) => ReplicaId | null,
  receivers: (faultyReplica: FaultyReplica) => readonly ReplicaId[],
): Actor =>
(faultyReplica) => {
  const { state } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  return {
    corrupt(outgoing) {
      if (!isDrained(faultyReplica)) return outgoing;
      const successor = choose(faultyReplica);
      if (successor === null || !speaker.first(`${state.hard.currentTerm}`)) return outgoing;
      speaker.say(receivers(faultyReplica), { kind: "HandOver", signed: wordOf(state, speaker.self, successor) });
      return outgoing;
    },
  };
};

/** The honest replica that is down, or else has committed least. */
const worstPlaced = (faultyReplica: FaultyReplica): ReplicaId | null => {
  const up = honestStates(faultyReplica).sort(([, a], [, b]) => a.commitIndex - b.commitIndex);
  const down = faultyReplica.colluders.honest.find((id) => up.every(([each]) => each !== id));
  return down ?? up[0]?.[0] ?? null;
};

/** Passes its office to another of the colluders as soon as that one is level, which passes it on in its turn. */
const passingLeaders: Actor = (faultyReplica) => {
  const { state, colluders, config } = faultyReplica;
  const due = createRhythm(faultyReplica, config.constants.heartbeatMs);
  const accomplice = (): ReplicaId | undefined =>
    colluders.members.find((id) =>
      id !== config.self && (colluders.peek(id)?.prepared.index ?? -1) >= lastIndex(state.log)
    );
  return {
    corrupt(outgoing) {
      const successor = isDrained(faultyReplica) && due() ? accomplice() : undefined;
      if (successor === undefined) return outgoing;
      const signed = colluders.sign(config.self, wordOf(state, config.self, successor));
      colluders.send(config.self, config.replicas.filter((id) => id !== config.self), { kind: "HandOver", signed });
      return outgoing;
    },
  };
};

/** Is elected since a leader named it, and then says nothing. */
const stallingSuccessor: Actor = (faultyReplica) => {
  const { state, config } = faultyReplica;
  let namedIn = -1 as Term;
  return {
    corrupt(outgoing) {
      const stalls = leads(faultyReplica) && namedIn >= 0 && state.hard.currentTerm > namedIn;
      return stalls ? withhold(outgoing, ["AppendEntries"], config.self) : outgoing;
    },
    swallows: hearing("HandOver", ({ signed: { message } }) => {
      if (message.successor === config.self && message.term === state.hard.currentTerm) namedIn = message.term;
    }),
  };
};

/** Calls the roll under ever new nonces, and signs no response: who believes it hands over for it. */
const muteLearner: Actor = (faultyReplica) => {
  const { colluders, config, hash } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, 2 * config.constants.heartbeatMs);
  const nonce = (): Digest => digest(hash(new TextEncoder().encode(`mute recovery ${colluders.rng.next()}`)));
  const call = (): void =>
    speaker.say(colluders.honest, {
      kind: "RollCall",
      signed: { kind: "RollCall", replica: speaker.self, nonce: nonce() },
    });
  return {
    corrupt(outgoing) {
      if (due()) call();
      return withhold(outgoing, ["AppendEntriesResponse"], config.self);
    },
  };
};

export const HAND_OVER_LIARS: Readonly<Record<string, Actor>> = {
  "false-hand-over": falseHandOver,
  "hand-over-flooder": handOverFlooder,
  /** Tells f + 1 of the honest that it hands over, and leads on. */
  "reluctant-leader": wordOnce(
    ({ colluders }) => colluders.honest[0]!,
    ({ colluders }) => colluders.honest.slice(0, quorumIn(colluders).weak),
  ),
  /** Names whoever cannot take the office. */
  "cut-off-hand-over": wordOnce(worstPlaced, ({ colluders }) => colluders.honest),
  "passing-leaders": passingLeaders,
  "stalling-successor": stallingSuccessor,
  "mute-learner": muteLearner,
};
