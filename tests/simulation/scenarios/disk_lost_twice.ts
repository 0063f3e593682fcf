/** One replica loses its disk again and again, and each time it calls the roll it also gets the answers to its earlier calls (§8.4). */
import { brisk, restart, type Scenario, unitOf } from "./scenario.ts";

const LOSSES = 3;

/** Between two losses leaders change, so that it rejoins and signs in terms that the earlier answers do not cover. */
export const diskLostTwice: Scenario = (drawn, rng) => {
  const plan = brisk(drawn, rng);
  const unit = unitOf(plan);
  const loser = rng.pick(plan.replicas);
  const period = 14 * unit;
  const from = 3 * unit;
  const losses = Array.from({ length: LOSSES }, (_, i) => from + i * period);
  return {
    ...plan,
    faults: [
      { kind: "recall", from: 0 },
      ...losses.flatMap((at) => [
        { kind: "wipe", from: at, replica: loser, downMs: unit * rng.pick([0.01, 0.3]), alone: false } as const,
        ...[4, 8, 11].map((units) => restart(at + (units + rng.between(0, 1)) * unit, "leader")),
      ]),
    ],
    safetyMs: from + LOSSES * period,
  };
};
