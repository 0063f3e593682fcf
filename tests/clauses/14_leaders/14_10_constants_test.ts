import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../../crypto/config_error.ts";
import { DEFAULT_CONSTANTS, readConstants } from "../../../crypto/roster/constants.ts";

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
