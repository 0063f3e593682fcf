import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../../crypto/config_error.ts";
import { constantsWith, DEFAULT_CONSTANTS, readConstants } from "../../../crypto/roster/constants.ts";

const read = (change: object) => readConstants({ path: "$", value: { ...DEFAULT_CONSTANTS, ...change } });

Deno.test("§14.10a the pace is a constant of the roster, with its range, and 0 turns it off", () => {
  for (const paceMs of [0, 1000, 32_000]) assertEquals(read({ paceMs }).paceMs, paceMs);
  for (const paceMs of [1, 999, 32_001]) assertThrows(() => read({ paceMs }), ConfigError, "$.paceMs");
});

Deno.test("§14.10a a roster that names none has the usual one", () => {
  const { paceMs: _, ...before } = DEFAULT_CONSTANTS;
  for (
    const [change, paceMs] of [[{}, 1000], [{ patienceMs: 3001 }, 1501], [{ electionTimeoutMs: 3000 }, 3000]] as const
  ) {
    assertEquals(readConstants({ path: "$", value: { ...before, ...change } }).paceMs, paceMs);
    assertEquals(constantsWith(change).paceMs, paceMs);
  }
});
