/** Disks that refuse or are lost, and crashes in the middle of what compaction and state transfer write (§8.2–§8.4). */
import { assert, assertEquals } from "@std/assert";
import { type ReplicaId, replicaId } from "../../../../protocol/ids.ts";
import type { PersistOperation } from "../../../../replica/core/log/durable_state.ts";
import type { Observer } from "../../observer.ts";
import { drawPlan } from "../../plan/draw_plan.ts";
import type { Fault, Plan } from "../../plan/plan.ts";
import { createPlanRunner } from "../../search/seed_runner.ts";
import { CRASH_POINTS, Trigger } from "../crash_point.ts";

const run = await createPlanRunner();
const [r2, r3] = ["r2", "r3"].map(replicaId) as [ReplicaId, ReplicaId];

/** Returns a plan without faulty replicas or losses, with one client that is always busy, and frequent checkpoints. */
function calm(faults: readonly Fault[], change: Partial<Plan> = {}, seed = 1): Plan {
  const drawn = drawPlan(seed);
  const [client] = drawn.clients;
  return {
    ...drawn,
    ...{ byzantine: [], silenced: false, faults, crypto: "fake", quiet: false, down: [], restMs: 0, mayExceed: false },
    clients: [{ ...client!, behaviour: "honest", operations: 1000, concurrency: 2, thinkMs: 50 }],
    constants: { ...drawn.constants, checkpointEvery: 5, logTail: 0 },
    snapshotBytes: 1,
    safetyMs: 6000,
    ...change,
  };
}

const refusal = (replica: ReplicaId | "leader"): Fault => ({ kind: "refuse", from: 2000, to: 4000, replica });
const wipe = (replica: ReplicaId, from: number): Fault => ({ kind: "wipe", from, replica, downMs: 300 });
const crash = (replica: ReplicaId | "leader", from: number, change: object = {}): Fault => ({
  kind: "crash",
  ...{ from, replica, point: "now", during: null, passes: 0, downMs: 100 },
  ...change,
});

for (const replica of ["leader", r2] as const) {
  Deno.test(`a disk refuses under ${replica}: its replica ends, and another goes on from that disk`, () => {
    const { violation, stats } = run(calm([refusal(replica)]));
    assertEquals(violation, null);
    assertEquals([stats.refusals, stats.crashes, stats.starts], [1, 0, 5]);
  });
}

Deno.test("a replica that loses its disk fetches the state, and is a full replica again after a change of leader", () => {
  const { violation, stats } = run(calm([wipe(r2, 3000)]));
  assertEquals(violation, null);
  assertEquals([stats.wipes, stats.rejoined], [1, 1]);
  assertEquals([stats.transfers, stats.transferred], [1, 1]);
});

Deno.test("§8.3i checkpoints that drop the log behind every snapshot a replica fetches do not keep it fetching", () => {
  const counts = [1, 2, 3, 4, 5, 6].map((seed) => {
    const clients = calm([], {}, seed).clients.map((client) => ({ ...client, concurrency: 4 }));
    const { violation, stats } = run(calm([wipe(r2, 3000)], { clients, safetyMs: 8000 }, seed));
    assertEquals([violation, stats.transfers], [null, stats.transferred], `seed ${seed}`);
    return stats.transferred;
  });
  // A checkpoint may be taken just as one is fetched; then a second one is fetched, and no more.
  assert(counts.every((count) => count <= 2) && counts.filter((count) => count === 1).length >= 4, counts.join(" "));
});

/** Returns the events of lost disks and recoveries, in order. */
function told(plan: Plan): string[] {
  const lines: string[] = [];
  const observer: Observer = {
    wiped: (at) => void lines.push(`${at} lost`),
    event: (at, { event }) => event === "recovered" && lines.push(`${at} back`),
  };
  assertEquals(run(plan, { observer }).violation, null);
  return lines;
}

Deno.test("no second disk is lost before the first replica is back, among four", () => {
  const faults = [wipe(r2, 2000), wipe(r3, 2001), crash("leader", 4000), crash("leader", 6000)];
  const lines = told(calm(faults, { safetyMs: 12_000 }));
  assertEquals(lines.slice(0, 3), ["r2 lost", "r2 back", "r3 lost"]);
});

Deno.test("a third one is not lost as long as two others have forgotten what they signed", () => {
  const faults = [r2, r3, replicaId("r4"), replicaId("r1")].map((id, i) => wipe(id, 4000 + i));
  const falls = Array.from({ length: 8 }, (_, i) => crash("leader", 6000 + 2500 * i));
  const lines = told(calm([...faults, ...falls], { safetyMs: 30_000 }));
  assertEquals(lines, ["r2 lost", "r2 back", "r3 lost", "r3 back"]);
});

const WRITTEN: readonly PersistOperation["op"][] = ["chunks", "checkpoint", "compact", "commit", "prepared"];
for (const during of WRITTEN) {
  for (const point of ["before-persist", "torn-persist", "after-persist", "send"] as const) {
    Deno.test(`a crash at ${point} with ${during} in the transaction loses nothing`, () => {
      // It depends on what came just before whether anything is sent along with a checkpoint or a compaction.
      const crashedThere = [1, 2, 3, 4, 5, 6].some((seed) => {
        const { violation, stats } = run(calm([crash(r2, 2000, { point, during })], { safetyMs: 3500 }, seed));
        assertEquals([violation, stats.crashes], [null, 1], `seed ${seed}`);
        return stats.crashesAtPoint === 1;
      });
      assert(crashedThere, "none of six runs crashed there");
    });
  }
}

for (const during of ["transfer", "chunks", "restart-log"] as const) {
  for (const point of ["before-persist", "torn-persist", "after-persist"] as const) {
    Deno.test(`a crash at ${point} of a state transfer's ${during} loses nothing`, () => {
      const faults = [crash(r2, 1500, { downMs: 2000 }), crash(r2, 3501, { point, during })];
      const { violation, stats } = run(calm(faults, { safetyMs: 6000 }));
      assertEquals(violation, null);
      assertEquals([stats.crashes, stats.crashesAtPoint], [2, 1]);
      assert(stats.transferred >= 1, `${stats.transferred} of ${stats.transfers} state transfers done`);
    });
  }
}

Deno.test("a trigger waits for its point and its operation, as often as it was told", () => {
  const trigger = new Trigger("send", 1, "compact");
  const [with_, without] = [new Set(["compact", "commit"] as const), new Set(["commit"] as const)];
  const pulls = [without, with_, without, with_].map((operations) => trigger.pulls("send", operations));
  assertEquals(pulls, [false, false, false, true]);
  for (const point of CRASH_POINTS) assertEquals(new Trigger(point, 0).pulls(point, new Set()), true);
});

Deno.test("plans: most have small checkpoints, disks of honest replicas alone are lost, and budgets are kept", () => {
  const plans = Array.from({ length: 300 }, (_, i) => drawPlan(i + 1, { replicas: 7 }));
  const usual = plans.filter(({ constants }) => constants.checkpointEvery === 1000).length;
  assert(usual > 20 && usual < 80, `${usual} of 300 have the usual checkpoints`);
  const kinds = new Set(plans.flatMap(({ faults }) => faults.map(({ kind }) => kind)));
  assertEquals([...kinds].sort(), ["crash", "echo", "leave", "network", "pause", "refuse", "rollback", "wipe"]);
  for (const { faults, byzantine, mayExceed, seed } of plans) {
    const wipes = faults.filter(({ kind }) => kind === "wipe") as { replica: ReplicaId }[];
    const faulty = byzantine.map(({ replica }) => replica);
    assert(wipes.every(({ replica }) => !faulty.includes(replica)), `seed ${seed}: a faulty replica loses its disk`);
    assert(wipes.length === 0 || mayExceed || faulty.length < 2, `seed ${seed}: a disk too many is lost`);
  }
});
