import { assertEquals } from "@std/assert";
import { createLogger } from "./logger.ts";

Deno.test("a logger writes one JSON line for each event at or above its level", () => {
  const lines: string[] = [];
  const logger = createLogger("r1", "warn", (line) => lines.push(line));
  logger.log("info", "leader", { term: 1 });
  logger.log("warn", "evidence", { culprit: "r2\n" });
  logger.log("error", "stopped");
  const parsed = lines.map((line) => JSON.parse(line));
  assertEquals(parsed.map(({ level, replica, event, culprit }) => [level, replica, event, culprit]), [
    ["warn", "r1", "evidence", "r2\n"],
    ["error", "r1", "stopped", undefined],
  ]);
  assertEquals(lines.some((line) => line.includes("\n")), false);
  assertEquals(Number.isNaN(Date.parse(parsed[0].time)), false);
});
