/**
 * The greedy adversary: each time it looks it scores everything its keys allow it to do to the honest replicas in their present state, and
 * does the most harmful things (§12). It addresses each replica separately, and sends none of its core's acks and votes.
 */
import type { Outgoing } from "../../../../replica/core/output.ts";
import type { Actor, FaultyReplica } from "../actor.ts";
import { createTwoChains } from "../leaders/two_chains.ts";
import { ackSecretly, createRhythm, hearing, honestStates, muted, Speaker, withhold } from "../support/craft.ts";
import { MOVES } from "./greedy_moves.ts";
import { type Option, Pets, type Situation, type Temper } from "./greedy_situation.ts";

const LOOK_MS = 20;
/** Maximum number of actions at one look. */
const AT_ONCE = 3;
const OWN_WORDS = ["AppendEntriesResponse", "Vote", "VoteDeferred", "VoteRefusal", "FetchEntriesResponse"] as const;

const greedy = (temper: Temper): Actor => (faultyReplica) => {
  const { colluders, config } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const pets = new Pets();
  const due = createRhythm(faultyReplica, LOOK_MS);
  const lead = leading(faultyReplica, temper, pets);
  // In the end it leaves a stalled cluster to itself: silence is what it may not recover from.
  const until = temper === "stall" ? colluders.now() + colluders.rng.between(4_000, 20_000) : Infinity;
  return {
    corrupt(outgoing) {
      if (colluders.now() > until) return muted(outgoing, config.self);
      if (due()) {
        play({ faultyReplica, speaker, temper, states: honestStates(faultyReplica), pets: pets.of(faultyReplica) });
      }
      return lead(withhold(outgoing, OWN_WORDS, config.self));
    },
    swallows: hearing("AppendEntriesResponse", ({ signed }) => ackSecretly(colluders, signed.message)),
  };
};

function play(situation: Situation): void {
  const options = MOVES.flatMap((move) => move(situation)).filter(({ score }) => score > 0)
    .sort((a: Option, b: Option) => b.score - a.score);
  let done = 0;
  for (const option of options) {
    if (done === AT_ONCE) return;
    if (!situation.speaker.first(option.key)) continue;
    option.play();
    done++;
  }
}

/**
 * Corrupts the output of a leader: pets get the chain, the others a second one or, when all is to stall, nothing; after a while all get the
 * first, acked or not.
 */
function leading(
  faultyReplica: FaultyReplica,
  temper: Temper,
  pets: Pets,
): (outgoing: readonly Outgoing[]) => readonly Outgoing[] {
  const { colluders, config, state } = faultyReplica;
  let term = 0;
  let endsAt = 0;
  const fork = createTwoChains(faultyReplica, (id) => colluders.now() < endsAt && !pets.of(faultyReplica).has(id));
  return (outgoing) => {
    if (state.leadership && state.hard.currentTerm !== term) {
      term = state.hard.currentTerm;
      endsAt = colluders.now() + colluders.rng.between(100, 1_500);
    }
    if (temper === "fork") return fork(outgoing);
    return outgoing.map((each) =>
      each.packet.kind !== "AppendEntries" || each.to === "all"
        ? each
        : { ...each, to: each.to.filter((id) => id === config.self || pets.of(faultyReplica).has(id)) }
    );
  };
}

export const GREEDY: Readonly<Record<string, Actor>> = {
  "greedy-fork": greedy("fork"),
  "greedy-stall": greedy("stall"),
};
