import { assertEquals } from "@std/assert";
import type { LogFields } from "../diagnostics/logger.ts";
import { EventLog } from "./event_log.ts";

Deno.test("a new leader is told with the one before and the reason of the last suspicion, once", () => {
  const lines: LogFields[] = [];
  const events = new EventLog({ log: (_level, event, fields) => lines.push({ event, ...fields }) });
  const leader = (term: number, id: string) =>
    events.take({ event: "leader", level: "info", fields: { term, leader: id } });
  leader(1, "r1");
  events.take({ event: "suspect", level: "info", fields: { reason: "timer", term: 1, leader: "r1" } });
  leader(2, "r3");
  leader(3, "r4");
  assertEquals(lines, [
    { event: "leader", term: 1, leader: "r1", before: null, suspectedFor: null },
    { event: "suspect", reason: "timer", term: 1, leader: "r1" },
    { event: "leader", term: 2, leader: "r3", before: "r1", suspectedFor: "timer" },
    { event: "leader", term: 3, leader: "r4", before: "r3", suspectedFor: null },
  ]);
  assertEquals(events.suspicion, "timer");
});
