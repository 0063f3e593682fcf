import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../../crypto/config_error.ts";
import { constantsWith, DEFAULT_CONSTANTS, readConstants } from "../../../crypto/roster/constants.ts";

const read = (change: object) => readConstants({ path: "$", value: { ...DEFAULT_CONSTANTS, ...change } });

Deno.test("§14.10a terms of office are constants of the roster, each with its range, and 0 turns them off", () => {
  const ranges = { officeEntries: [64, 1e9], officeMs: [4000, 604_800_000] } as const;
  for (const [name, [least, most]] of Object.entries(ranges)) {
    for (const value of [0, least, most]) assertEquals(read({ [name]: value })[name as keyof typeof ranges], value);
    for (const value of [1, least - 1, most + 1]) assertThrows(() => read({ [name]: value }), ConfigError, `$.${name}`);
  }
});

Deno.test("§14.10a a roster that names neither has offices without end", () => {
  const { officeEntries: _, officeMs: __, ...before } = DEFAULT_CONSTANTS;
  const { officeEntries, officeMs } = readConstants({ path: "$", value: before });
  assertEquals([officeEntries, officeMs], [0, 0]);
});

Deno.test("§14.10b the pace is a constant of the roster, with its range, and 0 turns it off", () => {
  for (const paceMs of [0, 1000, 32_000]) assertEquals(read({ paceMs }).paceMs, paceMs);
  for (const paceMs of [1, 999, 32_001]) assertThrows(() => read({ paceMs }), ConfigError, "$.paceMs");
});

Deno.test("§14.10b a roster that names none has the usual one", () => {
  const { paceMs: _, ...before } = DEFAULT_CONSTANTS;
  for (
    const [change, paceMs] of [[{}, 1000], [{ patienceMs: 3001 }, 1501], [{ electionTimeoutMs: 3000 }, 3000]] as const
  ) {
    assertEquals(readConstants({ path: "$", value: { ...before, ...change } }).paceMs, paceMs);
    assertEquals(constantsWith(change).paceMs, paceMs);
  }
});
