/** Abuses of roll calls: false answers to those of others, and meaningless calls (§8.4, §12). */
import { type Digest, digest, type ReplicaId, type Term, term } from "../../../../protocol/ids.ts";
import { LIMITS } from "../../../../protocol/limits.ts";
import type { RollCall, RollCallAnswer } from "../../../../protocol/message.ts";
import { forged } from "../../../../replica/byzantine/lies.ts";
import type { Actor, FaultyReplica } from "../actor.ts";
import { createRhythm, honestStates, Speaker, takingOver } from "../support/craft.ts";

/** Returns terms that are absurdly low, absurdly high, about right. */
function answersOf({ colluders, state }: FaultyReplica): Term[] {
  const { currentTerm } = state.hard;
  const low = [0, 1, currentTerm - 1].map((value) => term(Math.max(0, value)));
  const high = [LIMITS.maxInteger, currentTerm + 1000].map((value) => term(value));
  return colluders.rng.pick([low.slice(0, 1), low, high.slice(0, 1), high, [...high, ...low], [...low, ...high], []]);
}

/**
 * Answers roll calls with absurd terms, first high and then low or the other way round, or not at all; with answers it gave in earlier
 * recoveries; and in the names of others. It also answers calls that were not sent to it.
 */
const falseRollCall: Actor = (faultyReplica) => {
  const { config } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, 4 * config.constants.heartbeatMs);
  const earlier: RollCallAnswer[] = [];
  const answer = ({ replica: asker, nonce }: RollCall): void => {
    const said = answersOf(faultyReplica).map((value): RollCallAnswer => ({
      ...{ kind: "RollCallAnswer", replica: speaker.self, asker, nonce, term: value },
    }));
    for (const signed of [...earlier.slice(-2), ...said]) speaker.say([asker], { kind: "RollCallAnswer", signed });
    inOthersNames(faultyReplica, speaker, asker, nonce);
    if (earlier.at(-1)?.nonce !== nonce) earlier.push(...said);
  };
  return {
    corrupt(outgoing) {
      if (due()) openRecoveries(faultyReplica).forEach(answer);
      return outgoing;
    },
    swallows: takingOver("RollCall", ({ signed }) => answer(signed.message)),
  };
};

/** Has every honest replica answer 0, with signatures of another replica or invalid ones. */
function inOthersNames({ colluders }: FaultyReplica, speaker: Speaker, asker: ReplicaId, nonce: Digest): void {
  for (const replica of colluders.honest) {
    const message = { kind: "RollCallAnswer", replica, asker, nonce, term: term(0) } as const satisfies RollCallAnswer;
    speaker.say([asker], { kind: "RollCallAnswer", signed: message });
    speaker.pass([asker], { kind: "RollCallAnswer", signed: forged(message) });
  }
}

/** Returns roll calls of learners that a quorum has yet to answer. */
const openRecoveries = (faultyReplica: FaultyReplica): RollCall[] =>
  honestStates(faultyReplica).flatMap(([replica, { hard: { recovery } }]) =>
    recovery === null ? [] : [{ kind: "RollCall", replica, nonce: recovery.nonce }]
  );

/** Calls the roll again and again, each time as if for another recovery, and is meanwhile a full member that votes and acks. */
const falseLearner: Actor = (faultyReplica) => {
  const { colluders, config, hash } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, 2 * config.constants.heartbeatMs);
  const call = (): void => {
    const nonce = digest(hash(new TextEncoder().encode(`false recovery ${colluders.rng.next()}`)));
    speaker.say(colluders.honest, { kind: "RollCall", signed: { kind: "RollCall", replica: speaker.self, nonce } });
  };
  return {
    corrupt(outgoing) {
      if (due()) call();
      return outgoing;
    },
  };
};

export const ROLL_CALLERS: Readonly<Record<string, Actor>> = {
  "false-roll-call": falseRollCall,
  "false-learner": falseLearner,
};
