/** Faulty leaders are too busy for every client, and heartbeat on (§7.3o). */
import { quorumOf } from "../../../protocol/quorum.ts";
import { brisk, cut, type Scenario, unitOf } from "./scenario.ts";

/** Honest leaders fall one after the other until a faulty one leads; then nothing but its clients' interventions deposes it. */
export const busyLeaders: Scenario = (drawn, rng) => {
  const plan = brisk(drawn, rng);
  const unit = unitOf(plan);
  const falls = Array.from({ length: 8 }, (_, i) => 2 * unit + i * 3.5 * unit);
  return {
    ...plan,
    byzantine: rng.shuffle(plan.replicas).slice(0, quorumOf(plan.replicas.length).f)
      .map((replica) => ({ replica, actors: ["busy-leader"], turnMs: null })),
    faults: falls.map((at) => cut(at, at + unit * rng.between(2, 3), { sources: ["honest-leader"] })),
    clients: plan.clients.map((client) => ({ ...client, intervenes: true })),
    safetyMs: 30 * unit,
  };
};
