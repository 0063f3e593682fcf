import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { assertInterventionPolicy, fireIntervention, interventionDue, startIntervention } from "./intervention.ts";

const POLICY = { afterMs: 300, backoff: { baseMs: 200, capMs: 1000, jitter: 0 } };

Deno.test("the leader has its time before the first intervention (§7.3)", () => {
  const timer = startIntervention(POLICY, 1000);
  assertEquals(timer, { fired: 0, dueAt: 1300 });
  assert(!interventionDue(timer, 1299));
  assert(interventionDue(timer, 1300));
});

Deno.test("interventions repeat with growing waits up to the cap", () => {
  let timer = startIntervention(POLICY, 0);
  const waits: number[] = [];
  for (let i = 0; i < 5; i++) {
    const now = timer.dueAt;
    timer = fireIntervention(POLICY, timer, now, 0.5);
    waits.push(timer.dueAt - now);
  }
  assertEquals(waits, [200, 400, 800, 1000, 1000]);
  assertEquals(timer.fired, 5);
});

Deno.test("interventions never come closer together than the base wait less its jitter", () => {
  const policy = { afterMs: 10, backoff: { baseMs: 50, capMs: 400, jitter: 0.3 } };
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { maxLength: 30 }), (units) => {
    let timer = startIntervention(policy, 0);
    for (const unit of units) {
      const now = timer.dueAt;
      timer = fireIntervention(policy, timer, now, unit);
      assert(timer.dueAt - now >= 35 && timer.dueAt - now <= 520);
    }
  }));
});

Deno.test("an impossible intervention policy is refused", () => {
  assertThrows(() => assertInterventionPolicy({ ...POLICY, afterMs: 0 }), RangeError, "afterMs 0");
  assertThrows(() => assertInterventionPolicy({ ...POLICY, afterMs: Infinity }), RangeError, "afterMs Infinity");
});
