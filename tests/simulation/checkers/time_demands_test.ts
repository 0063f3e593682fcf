import { assertThrows } from "@std/assert";
import { logIndex, replicaId } from "../../../protocol/ids.ts";
import { type Observer, ViolationError } from "../observer.ts";
import { drawPlan } from "../plan/draw_plan.ts";
import { timeDemands } from "./time_demands.ts";

const [r1, r2] = [replicaId("r1"), replicaId("r2")];

/** Demands on four honest replicas with true clocks. */
function demands(timeRuns?: { readonly share: number; readonly slackMs: number }): Required<Observer> {
  const plan = { ...drawPlan(1), byzantine: [], clocks: [1, 1, 1, 1], waits: true, safetyMs: 10_000 };
  return timeDemands(timeRuns ? { ...plan, timeRuns } : plan) as Required<Observer>;
}

const fires = (invariant: string, act: () => void): void => {
  const error = assertThrows(act, ViolationError);
  if (error.invariant !== invariant) throw new Error(`${error.message}; wanted ${invariant}`);
};

Deno.test("log time that comes before it can have passed, goes back, or differs", () => {
  const seen = demands();
  seen.executed(r1, logIndex(1), "c1", new Uint8Array(), 1000);
  seen.timed(r1, 2500, logIndex(2), [], 1500);
  seen.timed(r2, 2500, logIndex(2), [], 9000);
  fires("I6", () => seen.timed(r2, 2501, logIndex(2), [], 9000));
  fires("§15.2", () => seen.timed(r1, 2400, logIndex(3), [], 9000));
  fires("early", () => seen.timed(r1, 4002 + 1000, logIndex(4), [], 2000));
});

Deno.test("log time that stands still", () => {
  const seen = demands({ share: 1, slackMs: 3000 });
  const packet = { kind: "FetchEpoch", epoch: 1 } as const;
  seen.sent(r1, [], packet, null, 2900);
  fires("late", () => seen.sent(r1, [], packet, null, 3100));
  seen.sent(r1, [], packet, null, 10_001);
});

Deno.test("a lease that ends before its time since its last renewal, or was never granted", () => {
  const seen = demands();
  seen.leased(r1, logIndex(3), 1, 1000, 500);
  seen.leased(r1, logIndex(5), 1, 1000, 1200);
  seen.leased(r2, logIndex(3), 1, 1000, 2000);
  fires("early", () => seen.timed(r1, 100, logIndex(6), [1], 2100));
  seen.timed(r2, 100, logIndex(6), [1], 2200);
  fires("early", () => seen.timed(r2, 150, logIndex(7), [2], 9000));
});
