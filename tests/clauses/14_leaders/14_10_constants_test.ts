import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../../crypto/config_error.ts";
import { constantsWith, DEFAULT_CONSTANTS, readConstants } from "../../../crypto/roster/constants.ts";

const read = (change: object) => readConstants({ path: "$", value: { ...DEFAULT_CONSTANTS, ...change } });

Deno.test("§14.10a offices and pace are constants of the roster, each with its range, and 0 turns them off", () => {
  const ranges = { officeEntries: [64, 1e9], officeMs: [4000, 604_800_000], paceMs: [1000, 32_000] } as const;
  for (const [name, [least, most]] of Object.entries(ranges)) {
    for (const value of [0, least, most]) assertEquals(read({ [name]: value })[name as keyof typeof ranges], value);
    for (const value of [1, least - 1, most + 1]) assertThrows(() => read({ [name]: value }), ConfigError, `$.${name}`);
  }
});

Deno.test("§14.10a a roster that names none of them has offices without end and the usual pace", () => {
  const { officeEntries: _, officeMs: __, paceMs: ___, ...before } = DEFAULT_CONSTANTS;
  for (
    const [change, paceMs] of [[{}, 1000], [{ patienceMs: 3001 }, 1501], [{ electionTimeoutMs: 3000 }, 3000]] as const
  ) {
    const { officeEntries, officeMs, ...constants } = readConstants({ path: "$", value: { ...before, ...change } });
    assertEquals([officeEntries, officeMs, constants.paceMs], [0, 0, paceMs]);
    assertEquals(constantsWith(change).paceMs, paceMs);
  }
});
