import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../crypto/digest.ts";
import { replicaId } from "../../protocol/ids.ts";
import { CRASH_POINTS } from "./nodes/crash_point.ts";
import { drawPlan } from "./plan/draw_plan.ts";
import type { Fault, Plan } from "./plan/plan.ts";
import { shrink } from "./plan/shrink.ts";
import { describePlan, writeRun } from "./replay/print_run.ts";
import { createPlanRunner } from "./search/seed_runner.ts";

const run = await createPlanRunner();

/** Returns a run's whole transcript, as a digest. */
function fingerprint(plan: Plan): string {
  const lines: string[] = [];
  const { violation, stats } = run(plan, writeRun((line) => lines.push(line)));
  return sha256Hex(new TextEncoder().encode([...lines, JSON.stringify(violation), JSON.stringify(stats)].join("\n")));
}

for (const [seed, replicas] of [[1, 4], [2, 4], [5, 7]] as const) {
  Deno.test(`simulation: a seed is one run, whatever ran before, n = ${replicas}, seed ${seed}`, () => {
    const first = fingerprint(drawPlan(seed, { replicas }));
    const another = fingerprint(drawPlan(seed + 1, { replicas }));
    assertEquals(fingerprint(drawPlan(seed, { replicas })), first);
    assert(another !== first, "two seeds gave one run");
  });
}

for (const [replicas, seeds] of [[4, 6], [5, 4], [7, 3], [10, 2]] as const) {
  Deno.test(`simulation: seeds pass at n = ${replicas}, and commit and answer`, () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const { violation, stats } = run(drawPlan(seed, { replicas }));
      assertEquals(violation, null, `seed ${seed}`);
      assert(stats.commits > 3 && stats.operations > 3, `seed ${seed}: ${JSON.stringify(stats)}`);
    }
  });
}

for (const [replicas, seeds] of [[3, 6], [4, 3], [5, 3], [7, 2]] as const) {
  Deno.test(`simulation: seeds pass in the crash profile at n = ${replicas}, and commit and answer`, () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const plan = drawPlan(seed, { profile: "crash", replicas });
      assertEquals([plan.constants.profile, plan.byzantine], ["crash", []]);
      const { violation, stats } = run(plan);
      assertEquals(violation, null, `seed ${seed}`);
      assert(stats.commits > 3 && stats.operations > 3, `seed ${seed}: ${JSON.stringify(stats)}`);
    }
  });
}

Deno.test("simulation: nothing is signed in the crash profile, over the real wire format either", () => {
  const { violation, stats } = run({ ...drawPlan(1, { profile: "crash" }), crypto: "real" });
  assertEquals(violation, null);
  assert(stats.commits > 3);
});

Deno.test("simulation: real signatures over the real wire format lead to the same verdict", () => {
  const { violation, stats } = run({ ...drawPlan(1), crypto: "real" });
  assertEquals(violation, null);
  assert(stats.commits > 3);
});

for (const [replicas, timeouts] of [[4, 10], [6, 10], [7, 20], [10, 30]] as const) {
  Deno.test(`simulation: every faulty replica may delay service, ${timeouts} capped timeouts at n = ${replicas}`, () => {
    const { livenessMs, constants } = drawPlan(1, { replicas });
    assertEquals(livenessMs, timeouts * constants.electionTimeoutCapMs);
  });
}

/** A plan without faulty replicas or losses, and with one client that always has writes in flight. */
const CALM: Plan = {
  ...drawPlan(1),
  byzantine: [],
  faults: [],
  crypto: "fake",
  quiet: false,
  restMs: 0,
  down: [],
  clients: drawPlan(1).clients.slice(0, 1).map((client) => ({
    ...client,
    operations: 1000,
    concurrency: 4,
    thinkMs: 20,
  })),
};

/** Time of the crash, in milliseconds: there is a leader, and a log to lose. The run goes on until the replica takes part again. */
const CRASH_AT = 1500;
const CRASH_RUN = 3000;

for (const point of [...CRASH_POINTS, "now"] as const) {
  for (const replica of ["leader", replicaId("r2")] as const) {
    Deno.test(`simulation: ${replica} crashes at ${point} and loses nothing that it signed`, () => {
      const crash: Fault = { kind: "crash", from: CRASH_AT, replica, point, during: null, passes: 1, downMs: 100 };
      const { violation, stats } = run({ ...CALM, faults: [crash], safetyMs: CRASH_RUN });
      assertEquals(violation, null);
      const atPoint = point === "now" ? 0 : 1;
      assertEquals([stats.crashes, stats.crashesAtPoint, stats.starts], [1, atPoint, CALM.replicas.length + 1]);
    });
  }
}

Deno.test("shrink: what does not matter to the violation goes, what does stays", () => {
  const plan = drawPlan(1, { replicas: 7 });
  const needed = plan.faults.findLast(({ kind }) => kind === "network")!;
  assert(plan.faults.length >= 10, `only ${plan.faults.length} faults to take out`);
  const matters = ({ faults }: Plan) => faults.some(({ kind, from }) => kind === "network" && from === needed.from);
  const { plan: small, attempts } = shrink(
    plan,
    "I5",
    (each) => matters(each) ? { invariant: "I5", detail: "" } : null,
  );
  assertEquals(small.faults.length, 1);
  assertEquals([small.byzantine, small.clients, small.batchMs], [[], [], 0]);
  assert(attempts < 400, `${attempts} attempts`);
});

Deno.test("shrink: changes of the roster that do not matter go, and so do their edits", () => {
  const plan = drawPlan(1004811, { changes: true });
  const editsIn = ({ reconfiguration }: Plan) =>
    reconfiguration!.changes.flatMap(({ alternatives }) => alternatives.flat());
  const matters = (each: Plan) => editsIn(each).some(({ edit }) => edit === "add");
  assert(matters(plan) && plan.reconfiguration!.changes.length === 4);
  const { plan: small } = shrink(plan, "I5", (each) => matters(each) ? { invariant: "I5", detail: "" } : null);
  assertEquals(editsIn(small).map(({ edit }) => edit), ["add"]);
  assertEquals(small.reconfiguration!.changes.length, 1);
});

Deno.test("shrink: a plan that is left without changes of the roster runs", () => {
  const { reconfiguration, ...plan } = drawPlan(1004811, { changes: true });
  const unchanged = { ...plan, clients: [], faults: [], reconfiguration: { ...reconfiguration!, changes: [] } };
  assertEquals(run(unchanged).violation, null);
});

Deno.test("shrink: a smaller plan that fails in another way does not count", () => {
  const plan = drawPlan(94);
  const { plan: small } = shrink(plan, "I5", (each) => ({ invariant: each === plan ? "I5" : "I1", detail: "" }));
  assertEquals(small, plan);
});

Deno.test("a plan in words names every faulty replica, client and fault", () => {
  const plan = drawPlan(1, { replicas: 7 });
  const text = describePlan(plan).join("\n");
  for (const { replica, actors } of plan.byzantine) assert(text.includes(`${replica} is faulty: ${actors.join(", ")}`));
  for (const { id, behaviour } of plan.clients) assert(text.includes(`${id} is ${behaviour}`));
  assertEquals(describePlan(plan).length, 2 + plan.byzantine.length + plan.clients.length + plan.faults.length);
});
