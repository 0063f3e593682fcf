/** Checkers accuse no correct replica, and see what there is to see: real cores under drawn faults, observed from outside. */
import { assert, assertEquals } from "@std/assert";
import { createFakeCrypto } from "../network/sim_crypto.ts";
import { drawPlan } from "../plan/draw_plan.ts";
import type { Plan } from "../plan/plan.ts";
import { factsOf } from "../run.ts";
import { Simulation } from "../simulation.ts";
import { createCheckers, History } from "./mod.ts";

/** Virtual time for all replicas to settle after the network has healed. */
const REST_MS = 30_000;

function watch(plan: Plan) {
  const checkers = createCheckers(factsOf(plan));
  const history = new History();
  const simulation = new Simulation({ plan, crypto: createFakeCrypto(), observer: checkers, history });
  simulation.scheduler.elapse(plan.safetyMs);
  simulation.heal();
  for (const client of simulation.clients) client.resume(client.plan.afterwards);
  simulation.scheduler.elapse(REST_MS);
  checkers.finish();
  assertEquals(history.check(), null);
  return { ...checkers.counts, known: history.known, undecided: history.undecided };
}

for (const [replicas, seeds] of [[4, [1, 2, 3, 4]], [5, [5]], [7, [6, 7]]] as const) {
  Deno.test(`nothing is found in correct runs, n = ${replicas}, seeds ${seeds.join(" ")}`, () => {
    for (const seed of seeds) {
      const counts = watch(drawPlan(seed, { replicas }));
      const text = `seed ${seed}: ${JSON.stringify(counts)}`;
      assert(counts.elections > 0 && counts.certificates > 5 && counts.committed > 5, text);
      assert(counts.packets > 100 && counts.executions > counts.committed && counts.accepted > 5, text);
      assert(counts.known > 5 && counts.undecided === 0, text);
    }
  });
}
