import { assertEquals } from "@std/assert";
import type { CoreState } from "../core/state.ts";
import { WriteProgress } from "./write_progress.ts";

const stateOf = (commitIndex: number, last: number, queued = 0): CoreState =>
  ({
    commitIndex,
    log: { base: { index: 0 }, entries: Array.from({ length: last }) },
    requests: { pool: { size: queued }, interventions: { size: 0 } },
    pace: { shown: { size: 0 } },
  }) as unknown as CoreState;

Deno.test("what waits stalls from when it began to wait, and anew from each commit", () => {
  const progress = new WriteProgress();
  assertEquals(progress.stalledMs(5), 0);
  progress.look(stateOf(3, 3), 10);
  assertEquals(progress.stalledMs(1000), 0);
  progress.look(stateOf(3, 4), 20);
  progress.look(stateOf(3, 5), 30);
  assertEquals(progress.stalledMs(100), 80);
  progress.look(stateOf(4, 5), 110);
  assertEquals(progress.stalledMs(120), 10);
  progress.look(stateOf(5, 5), 130);
  assertEquals(progress.stalledMs(1000), 0);
  progress.look(stateOf(5, 5, 1), 1000);
  assertEquals(progress.stalledMs(1500), 500);
});
