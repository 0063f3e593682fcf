import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { LIMITS } from "../../../protocol/limits.ts";
import { suspicionReason } from "../../../replica/core/election/suspicion.ts";
import { TimeLab } from "../support/time_lab.ts";

const lostBy = ({ state }: TimeLab) => state.logClock.lostMs;
const { clockLeadMs: LEAD, clockForgivenShare: SHARE } = LIMITS;

Deno.test("§15.4a what is cut off while a leader holds time back is lost, and four tenths of the time are forgiven", () => {
  const lab = TimeLab.following();
  lab.elapse(LEAD);
  assertEquals(lostBy(lab), 0);
  lab.elapse(1000);
  assertAlmostEquals(lostBy(lab), 1000 * (1 - SHARE), 20);
  lab.order({ r3: 1000, r4: 1000 });
  lab.elapse(900);
  assertAlmostEquals(lostBy(lab), 1000 * (1 - SHARE) - 900 * SHARE, 20);
});

Deno.test("§15.4a time in which the replica was stopped is not held against the leader", () => {
  const lab = TimeLab.following();
  lab.elapse(LEAD);
  lab.now += 2000;
  lab.run([{ kind: "tick", lateMs: 2000 }]);
  assertAlmostEquals(lostBy(lab), 0, 20);
});

Deno.test("§15.4b a leader that has held time back for longer than patience is suspected", () => {
  const lab = TimeLab.following();
  const patience = lab.state.requests.patience;
  assert(!lab.wait(LEAD + patience, () => lab.suspects));
  assert(lab.wait(patience, () => lab.suspects));
  assertEquals(suspicionReason({ state: lab.state, now: lab.now }), "time");
  assertAlmostEquals(lostBy(lab), patience, 20);
});

Deno.test("§15.4b clocks a fifth too fast and too slow accuse nobody", () => {
  const lab = TimeLab.following();
  for (let second = 1; second <= 60; second++) {
    lab.elapse(1200);
    lab.order({ r3: 800 * second, r4: 800 * second });
  }
  assertEquals([lab.suspects, lab.time], [false, 48_000]);
});

Deno.test("§15.4c nothing is lost yet under a new leader", () => {
  const lab = TimeLab.following();
  lab.wait(60_000, () => lab.suspects);
  lab.follow("r3", 2, [], { base: lab.state.prepared });
  assertEquals([lostBy(lab), lab.suspects], [0, false]);
});

Deno.test("§15.4 nothing is lost while nothing waits", () => {
  const lab = TimeLab.following();
  lab.seen.waits = false;
  lab.elapse(60_000);
  assertEquals([lostBy(lab), lab.suspects], [0, false]);
});
