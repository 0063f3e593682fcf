/** A lagging candidate is lent prepared entries above its log, and a snapshot ends in the middle of them (§6.8, §8.3). */
import { quorumOf } from "../../../protocol/quorum.ts";
import { brisk, cutOff, restart, type Scenario, unitOf } from "./scenario.ts";

/** An honest replica is away while the others go on, again and again; whenever it is back the leader falls. */
export const branchAtASnapshot: Scenario = (drawn, rng) => {
  const plan = brisk(drawn, rng, { checkpointEvery: rng.pick([3, 5, 7, 10]), logTail: 0 });
  const unit = unitOf(plan);
  const [absent, ...others] = rng.shuffle(plan.replicas);
  const faulty = others.slice(0, quorumOf(plan.replicas.length).f);
  const absences = Array.from({ length: 4 }, (_, i) => 3 * unit + i * 8 * unit);
  return {
    ...plan,
    byzantine: faulty.map((replica) => ({ replica, actors: ["branch-lender"], turnMs: null })),
    faults: absences.flatMap((at) => {
      const back = at + unit * rng.between(2, 4);
      return [
        ...cutOff(at, back, absent!),
        restart(back - unit * rng.between(0, 1), "leader", unit * rng.between(0, 2)),
      ];
    }),
    clients: plan.clients.map((client) => ({ ...client, operations: 40, thinkMs: unit * rng.pick([0.1, 0.3, 1]) })),
    safetyMs: 36 * unit,
  };
};
