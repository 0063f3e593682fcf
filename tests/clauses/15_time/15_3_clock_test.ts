import { assertEquals } from "@std/assert";
import { LIMITS } from "../../../protocol/limits.ts";
import { TimeLab } from "../support/time_lab.ts";

const LEAD = LIMITS.clockLeadMs;
const readingOf = ({ state }: TimeLab) => state.logClock.reading;

Deno.test("§15.3a a clock reads no more than its lead above log time, and that is cut off before log time moves", () => {
  const lab = TimeLab.following();
  lab.elapse(60_000);
  assertEquals(readingOf(lab), LEAD);
  lab.now += 60_000; // no tick comes between: the replica was stopped
  lab.order({ r3: 1000, r4: 1000 });
  assertEquals([lab.time, readingOf(lab)], [1000, LEAD], "what it would read beyond the old log time is gone");
  lab.elapse(500);
  assertEquals(readingOf(lab), LEAD + 500);
});

Deno.test("§15.3b a clock that is behind log time is set to it", () => {
  const lab = TimeLab.following();
  lab.order({ r3: 50_000, r4: 50_000 });
  lab.elapse(10);
  assertEquals(readingOf(lab), 50_000 + 0);
  lab.elapse(700);
  assertEquals(readingOf(lab), 50_700);
});

Deno.test("§15.3c a restarted replica begins at the log time that it has applied, and catches up with nothing", () => {
  const lab = TimeLab.following();
  lab.order({ r3: 5000, r4: 5000 });
  lab.elapse(1500);
  assertEquals(readingOf(lab), 6490);
  lab.now += 3_600_000;
  lab.restart();
  lab.run([]);
  lab.elapse(10);
  assertEquals(lab.time, 5000);
  assertEquals(readingOf(lab), 5000, "it has run for ten milliseconds from 0, before it had applied again");
});

Deno.test("§15.3 a learner states nothing", () => {
  const lab = TimeLab.following();
  lab.state.hard = { ...lab.state.hard, recovery: { nonce: "00".repeat(32) as never, bar: null } };
  lab.elapse(3000);
  assertEquals(lab.stated(), []);
});
