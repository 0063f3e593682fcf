/** A disk is lost right after elections of which some honest replicas have received nothing, and the faulty ones answer low (§8.4). */
import type { Packet } from "../../../protocol/packet.ts";
import { quorumOf } from "../../../protocol/quorum.ts";
import { brisk, cut, restart, type Scenario, unitOf } from "./scenario.ts";

/** All packets that reveal terms; a replica that gets none of them still receives roll calls. */
const NEWS: readonly Packet["kind"][] = [
  ...["AppendEntries", "AppendEntriesResponse", "ResendRequest", "Checkpoint", "Evidence"] as const,
  ...["PreVote", "RequestVote", "Vote", "VoteRefusal", "VoteDeferred"] as const,
  ...["FetchEntriesResponse", "FetchChunksResponse"] as const,
];
/**
 * Elections before the loss. A deaf replica supports the term after its own, whatever the others do: it takes more than one to leave it
 * behind.
 */
const ELECTIONS = 3;

/**
 * As many are deaf as possible while the others can elect: together with the faulty ones they are one fewer than a quorum, so that any bar
 * from Q answers holds, and none from fewer.
 */
export const forgottenTerm: Scenario = (drawn, rng) => {
  const plan = brisk(drawn, rng);
  const unit = unitOf(plan);
  const { quorum, f } = quorumOf(plan.replicas.length);
  const [loser, ...others] = rng.shuffle(plan.replicas);
  const deaf = others.slice(0, quorum - 1 - f);
  const faulty = others.slice(deaf.length, deaf.length + f);
  const from = 3 * unit;
  const lostAt = from + ELECTIONS * 4 * unit;
  const safetyMs = lostAt + 6 * unit;
  return {
    ...plan,
    byzantine: faulty.map((replica) => ({ replica, actors: ["false-roll-call"], turnMs: null })),
    faults: [
      cut(from, safetyMs, { targets: deaf, kinds: NEWS }),
      ...Array.from({ length: ELECTIONS }, (_, i) => restart(from + (4 * i + rng.between(0, 2)) * unit, "leader")),
      { kind: "wipe", from: lostAt - rng.between(0, 2) * unit, replica: loser!, downMs: 10, alone: false },
    ],
    mayExceed: true,
    safetyMs,
  };
};
