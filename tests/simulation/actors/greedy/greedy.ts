/**
 * The greedy adversary: each time it looks it scores everything its keys allow it to do to the honest replicas in their present state, and
 * does the most harmful things (§12). It addresses each replica separately, and sends none of its core's acks and votes.
 */
import type { Outgoing } from "../../../../replica/core/output.ts";
import type { Actor, Puppet } from "../actor.ts";
import { ackSecretly, createRhythm, hearing, honestStates, muted, Speaker, withhold } from "../support/craft.ts";
import { MOVES } from "./greedy_moves.ts";
import { type Option, Pets, type Scene, type Temper } from "./greedy_situation.ts";
import { createTwoChains } from "../leaders/two_chains.ts";

const LOOK_MS = 20;
/** Maximum number of actions at one look. */
const AT_ONCE = 3;
const OWN_WORDS = ["AppendEntriesResponse", "Vote", "VoteDeferred", "VoteRefusal", "FetchEntriesResponse"] as const;

const greedy = (temper: Temper): Actor => (puppet) => {
  const { coven, config } = puppet;
  const speaker = new Speaker(puppet);
  const pets = new Pets();
  const due = createRhythm(puppet, LOOK_MS);
  const lead = leading(puppet, temper, pets);
  // In the end it leaves a stalled cluster to itself: silence is what it may not recover from.
  const until = temper === "stall" ? coven.now() + coven.rng.between(4_000, 20_000) : Infinity;
  return {
    corrupt(outgoing) {
      if (coven.now() > until) return muted(outgoing, config.self);
      if (due()) play({ puppet, speaker, temper, states: honestStates(puppet), pets: pets.of(puppet) });
      return lead(withhold(outgoing, OWN_WORDS, config.self));
    },
    swallows: hearing("AppendEntriesResponse", ({ signed }) => ackSecretly(coven, signed.message)),
  };
};

function play(scene: Scene): void {
  const options = MOVES.flatMap((move) => move(scene)).filter(({ score }) => score > 0)
    .sort((a: Option, b: Option) => b.score - a.score);
  let done = 0;
  for (const option of options) {
    if (done === AT_ONCE) return;
    if (!scene.speaker.first(option.key)) continue;
    option.play();
    done++;
  }
}

/**
 * Corrupts the output of a leader: pets get the chain, the others a second one or, when all is to stall, nothing; after a while all get the
 * first, acked or not.
 */
function leading(puppet: Puppet, temper: Temper, pets: Pets): (outgoing: readonly Outgoing[]) => readonly Outgoing[] {
  const { coven, config, state } = puppet;
  let term = 0;
  let endsAt = 0;
  const fork = createTwoChains(puppet, (id) => coven.now() < endsAt && !pets.of(puppet).has(id));
  return (outgoing) => {
    if (state.leadership && state.hard.currentTerm !== term) {
      term = state.hard.currentTerm;
      endsAt = coven.now() + coven.rng.between(100, 1_500);
    }
    if (temper === "fork") return fork(outgoing);
    return outgoing.map((each) =>
      each.packet.kind !== "AppendEntries" || each.to === "all"
        ? each
        : { ...each, to: each.to.filter((id) => id === config.self || pets.of(puppet).has(id)) }
    );
  };
}

export const GREEDY: Readonly<Record<string, Actor>> = {
  "greedy-fork": greedy("fork"),
  "greedy-stall": greedy("stall"),
};
