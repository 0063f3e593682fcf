import { assertEquals, assertThrows } from "@std/assert";
import { DEFAULT_CONSTANTS } from "../../crypto/roster/constants.ts";
import { UsageError } from "../errors.ts";
import { timingsFor } from "./timings.ts";

Deno.test("timings follow the roster: one election timeout for the leader, a few repeats before it", () => {
  const { retryMs, retryCapMs, interventionMs, interventionCapMs } = timingsFor(DEFAULT_CONSTANTS);
  assertEquals([retryMs, retryCapMs, interventionMs, interventionCapMs], [250, 1000, 1000, 8000]);
  assertEquals(timingsFor(DEFAULT_CONSTANTS, { interventionMs: 200 }).retryMs, 50);
  assertEquals(timingsFor(DEFAULT_CONSTANTS, { retryMs: 9000 }).retryCapMs, 9000);
});

Deno.test("timings out of range are refused by name", () => {
  assertThrows(() => timingsFor(DEFAULT_CONSTANTS, { timeoutMs: 0 }), UsageError, "timeoutMs was given 0");
  assertThrows(() => timingsFor(DEFAULT_CONSTANTS, { retryMs: NaN }), UsageError, "retryMs was given NaN");
});
