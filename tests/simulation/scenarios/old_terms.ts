/** Faulty leaders order entries of old terms after checkpoints at which every log has just been cut off (§3.1, §8.2). */
import { quorumOf } from "../../../protocol/quorum.ts";
import { brisk, cut, type Scenario, unitOf } from "./scenario.ts";

/** Honest leaders fall one after the other until a faulty one leads. */
export const oldTerms: Scenario = (drawn, rng) => {
  const plan = brisk(drawn, rng, { checkpointEvery: rng.pick([2, 3, 5]), logTail: 0 });
  const unit = unitOf(plan);
  const safetyMs = 30 * unit;
  const falls = Array.from({ length: 8 }, (_, i) => 2 * unit + i * 3.5 * unit);
  return {
    ...plan,
    byzantine: rng.shuffle(plan.replicas).slice(0, quorumOf(plan.replicas.length).f)
      .map((replica) => ({ replica, actors: ["backdating-leader"], turnMs: null })),
    faults: falls.map((at) => cut(at, at + unit * rng.between(2, 3), { sources: ["honest-leader"] })),
    snapshotBytes: null,
    clients: plan.clients.map((client) => ({ ...client, intervenes: true })),
    safetyMs,
  };
};
