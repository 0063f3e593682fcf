import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { ProtocolConstants } from "../../protocol/config.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { ConfigError } from "../config_error.ts";
import { constantsWith, DEFAULT_CONSTANTS, readConstants } from "./constants.ts";

const read = (value: unknown): ProtocolConstants => readConstants({ path: "$", value });

Deno.test("the defaults are sound", () => {
  assertEquals(read(DEFAULT_CONSTANTS), DEFAULT_CONSTANTS);
  assertEquals(constantsWith({}), DEFAULT_CONSTANTS);
});

Deno.test("cap, heartbeat and pace follow an election timeout that is given alone", () => {
  const { electionTimeoutCapMs, heartbeatMs } = constantsWith({ electionTimeoutMs: 300 });
  assertEquals([electionTimeoutCapMs, heartbeatMs], [4800, 30]);
  for (const [timeout, pace] of [[300, 1000], [3000, 3000], [40_000, 32_000]] as const) {
    assertEquals(constantsWith({ electionTimeoutMs: timeout }).paceMs, pace);
  }
  assertEquals(constantsWith({ electionTimeoutMs: 300, heartbeatMs: 50 }).heartbeatMs, 50);
});

Deno.test("every election timeout in range gives sound constants", () => {
  fc.assert(fc.property(fc.integer({ min: 10, max: 3_600_000 }), (electionTimeoutMs) => {
    const constants = constantsWith({ electionTimeoutMs });
    assertEquals(read(constants), constants);
  }));
});

Deno.test("a pace that is absent follows the other constants of its roster", () => {
  for (
    const change of [{ patienceMs: 5001 }, { electionTimeoutMs: 4000 }, {
      electionTimeoutMs: 4000,
      patienceCapMs: 3000,
    }]
  ) {
    const { paceMs: _, ...without } = { ...DEFAULT_CONSTANTS, ...change };
    const wanted = constantsWith({ ...without });
    assertEquals(read(without), wanted);
    assertEquals(read(wanted), wanted);
  }
});

Deno.test("ranges and cross-checks", () => {
  const cases: readonly (readonly [Partial<Record<keyof ProtocolConstants, unknown>>, string])[] = [
    [{ electionTimeoutMs: 9 }, "$.electionTimeoutMs: given 9, wanted an integer from 10 to 3600000"],
    [{ electionTimeoutMs: 1000.5 }, "$.electionTimeoutMs: given 1000.5"],
    [{ electionTimeoutMs: "1000" }, '$.electionTimeoutMs: given "1000"'],
    [{ electionTimeoutCapMs: 999 }, "$.electionTimeoutCapMs: given 999, wanted an integer from 1000"],
    [{ electionTimeoutCapMs: 3_600_001 }, "$.electionTimeoutCapMs: given 3600001"],
    [{ heartbeatMs: 0 }, "$.heartbeatMs: given 0, wanted an integer from 1"],
    [{ heartbeatMs: 500 }, "$.heartbeatMs: given 500, wanted less than half of electionTimeoutMs (1000)"],
    [{ patienceMs: 9 }, "$.patienceMs: given 9"],
    [{ patienceCapMs: 1999 }, "$.patienceCapMs: given 1999, wanted an integer from 2000"],
    [{ sessionWindow: 0 }, "$.sessionWindow: given 0, wanted an integer from 2 to 4096"],
    [{ sessionWindow: 255 }, "$.sessionWindow: given 255, wanted an even number"],
    [{ sessionWindow: 4098 }, "$.sessionWindow: given 4098"],
    [{ sessionsPerClient: 0 }, "$.sessionsPerClient: given 0, wanted an integer from 1 to 64"],
    [{ sessionsPerClient: 65 }, "$.sessionsPerClient: given 65"],
    [{ sessionWindow: 4, sessionsPerClient: 5 }, "$.sessionsPerClient: given 5, wanted an integer from 1 to 4"],
    [{ registrationHorizon: 31 }, "$.registrationHorizon: given 31, wanted an integer from 32 to 1000000"],
    [{ registrationHorizon: 1_000_001 }, "$.registrationHorizon: given 1000001"],
    [{ checkpointEvery: 0 }, "$.checkpointEvery: given 0, wanted an integer from 1 to 4096"],
    [{ checkpointEvery: 4097 }, "$.checkpointEvery: given 4097"],
    [{ checkpointEvery: null }, "$.checkpointEvery: given null"],
    [{ logTail: 0 }, "$.logTail: given 0, wanted an integer from 1 to 16384"],
    [{ logTail: 16_385 }, "$.logTail: given 16385"],
    [{ officeEntries: 63 }, "$.officeEntries: given 63, wanted 0 or an integer from 64 to 1000000000"],
    [{ officeEntries: 1_000_000_001 }, "$.officeEntries: given 1000000001"],
    [{ officeMs: 3999 }, "$.officeMs: given 3999, wanted 0 or an integer from 4000 to 604800000"],
    [{ officeMs: 604_800_001 }, "$.officeMs: given 604800001"],
    [{ paceMs: 999 }, "$.paceMs: given 999, wanted 0 or an integer from 1000 to 32000"],
    [{ heartbeatMs: 499, patienceMs: 500, paceMs: 997 }, "$.paceMs: given 997, wanted 0 or an integer from 998"],
    [{ paceMs: 32_001 }, "$.paceMs: given 32001"],
    [{ paceMs: null }, "$.paceMs: given null"],
    [{ fastReads: "no" }, '$.fastReads: given "no", wanted true or false'],
  ];
  for (const [change, message] of cases) {
    assertThrows(() => read({ ...DEFAULT_CONSTANTS, ...change }), ConfigError, message);
  }
  const fitting: readonly Partial<ProtocolConstants>[] = [
    { heartbeatMs: 499 },
    { electionTimeoutCapMs: 1000 },
    { patienceCapMs: 2000 },
    { officeEntries: 64, officeMs: 4000, paceMs: 32_000 },
    { officeEntries: 1_000_000_000, officeMs: 604_800_000, paceMs: 0 },
    { heartbeatMs: 499, patienceMs: 500, paceMs: 998 },
    { sessionWindow: 2, sessionsPerClient: 2 },
    { registrationHorizon: 32 },
    { checkpointEvery: 1 },
    { checkpointEvery: 4096 },
    { logTail: 1 },
    { logTail: LIMITS.maxFetchEntries },
  ];
  for (const fits of fitting) {
    assertEquals(read({ ...DEFAULT_CONSTANTS, ...fits }), { ...DEFAULT_CONSTANTS, ...fits });
  }
});

Deno.test("constants that came later may be absent, each by itself, and are the defaults then; no other may", () => {
  const { profile, checkpointEvery, logTail, sessionsPerClient, registrationHorizon, ...rest } = DEFAULT_CONSTANTS;
  const { officeEntries, officeMs, paceMs, ...before } = rest;
  assertEquals([read(before), profile], [DEFAULT_CONSTANTS, "byzantine"]);
  const later = { checkpointEvery, logTail, sessionsPerClient, registrationHorizon, officeEntries, officeMs, paceMs };
  for (const name of Object.keys(later)) {
    const given = name.startsWith("office") || name === "paceMs" ? 5000 : 37;
    assertEquals(read({ ...before, [name]: given }), { profile, ...before, ...later, [name]: given });
  }
  for (const name of Object.keys(before) as (keyof typeof before)[]) {
    const { [name]: _, ...without } = before;
    assertThrows(() => read(without), ConfigError, `$: given no field "${name}", wanted exactly the fields`);
  }
  assertThrows(() => read({ ...before, checkpointevery: 7 }), ConfigError, 'an unknown field "checkpointevery"');
});
