/** Every crash point of one crossing (§13.7): whatever a replica loses there, it comes to be in the next epoch, and nothing breaks. */
import { assertEquals } from "@std/assert";
import { createFakeCrypto } from "../network/sim_crypto.ts";
import type { CrashPoint } from "../nodes/crash_point.ts";
import { drawPlan } from "../plan/draw_plan.ts";
import type { CrashFault, Plan, RosterEdit } from "../plan/plan.ts";
import { runPlan } from "../run.ts";

const AT = 2500;

/** Returns a plan of honest replicas that change the roster once, with these crashes and no other faults. */
function crossing(edits: readonly RosterEdit[], faults: readonly CrashFault[], seed = 7): Plan {
  const drawn = drawPlan(seed);
  const change = { at: AT, alternatives: [edits], startMs: 0, startsEarly: true, rekeyMs: 10, junk: false };
  return {
    ...drawn,
    constants: {
      ...drawn.constants,
      ...{ electionTimeoutMs: 300, electionTimeoutCapMs: 2400, heartbeatMs: 60, checkpointEvery: 10, logTail: 0 },
    },
    crypto: "fake",
    byzantine: [],
    faults,
    down: [],
    silenced: false,
    snapshotBytes: 1,
    safetyMs: 6000,
    livenessMs: 24_000,
    reconfiguration: { changes: [change], joiners: [{ id: "r5" as Plan["replicas"][number], clock: 1 }] },
  };
}

const crash = (replica: string, point: CrashPoint, during: CrashFault["during"], passes: number): CrashFault => ({
  ...{ kind: "crash", from: AT, replica: replica as Plan["replicas"][number], point, during, passes, downMs: 500 },
});

/** The steps of a crossing in their order, each of which may be the last. */
const STEPS: readonly (readonly [CrashPoint, CrashFault["during"], number])[] = [
  ...(["before-persist", "torn-persist", "after-persist"] as const).flatMap((point) => [
    [point, "checkpoint", 0] as const,
    [point, "begin-epoch", 0] as const,
  ]),
  ...[0, 1, 2, 3].map((passes) => ["archive", null, passes] as const),
];

const CHANGES: Readonly<Record<string, readonly RosterEdit[]>> = {
  "a new epoch": [],
  "a replica in the place of another": [{
    ...{ edit: "replace", replica: "r4" as Plan["replicas"][number], by: "r5" as Plan["replicas"][number] },
  }],
  "another key": [{ edit: "rekey", replica: "r3" as Plan["replicas"][number] }],
};

function run(edits: readonly RosterEdit[], faults: readonly CrashFault[]) {
  const { violation, stats } = runPlan(crossing(edits, faults), createFakeCrypto());
  assertEquals(violation, null, JSON.stringify(faults));
  assertEquals(stats.epochs, 1);
  return stats;
}

for (const [name, edits] of Object.entries(CHANGES)) {
  for (const [point, during, passes] of STEPS) {
    Deno.test(`§13.7 ${name}: a crash at ${point} ${during ?? ""} ${passes} leaves a replica of one epoch or the other`, () => {
      let hit = 0;
      for (const id of ["r1", "r2", "r3", "r4", "r5"]) {
        hit += run(edits, [crash(id, point, during, passes)]).crashesAtPoint;
      }
      assertEquals(hit >= 3, true, `${hit} of them crashed at that very point`);
      run(edits, ["r1", "r2", "r3", "r4"].map((id) => crash(id, point, during, passes)));
    });
  }
}
