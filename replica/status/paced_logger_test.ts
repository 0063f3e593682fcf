import { assertEquals } from "@std/assert";
import type { LogFields } from "../diagnostics/logger.ts";
import { LOG_PACE, pacedLogger } from "./paced_logger.ts";

function lab() {
  const lines: { readonly event: string; readonly fields: LogFields }[] = [];
  const clock = { now: 0 };
  const log = pacedLogger({ log: (_level, event, fields = {}) => lines.push({ event, fields }) }, () => clock.now);
  return { log, lines, clock };
}

Deno.test("an event repeated without end is written a few times, then now and then with the number left out", () => {
  const { log, lines, clock } = lab();
  for (let i = 0; i < 1000; i++) log.log("info", "suspect", { reason: "timer" });
  assertEquals(lines.length, LOG_PACE.burst);
  clock.now = 1000 / LOG_PACE.perSecond;
  for (let i = 0; i < 10; i++) log.log("info", "suspect", { reason: "timer" });
  assertEquals(lines.length, LOG_PACE.burst + 1);
  assertEquals(lines.at(-1)!.fields, { reason: "timer", leftOut: 1000 - LOG_PACE.burst });
});

Deno.test("one event, or one peer, leaves the others' lines alone; debug is not held back", () => {
  const { log, lines } = lab();
  for (let i = 0; i < 100; i++) log.log("warn", "peer-silent", { peer: "r2" });
  lines.length = 0;
  log.log("warn", "peer-silent", { peer: "r3" });
  log.log("info", "leader", {});
  for (let i = 0; i < 100; i++) log.log("debug", "committed", {});
  assertEquals(lines.slice(0, 2).map(({ event }) => event), ["peer-silent", "leader"]);
  assertEquals(lines.length, 102);
});
