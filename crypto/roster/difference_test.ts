import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { clientId, replicaId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { backend } from "../../tests/support/backends.ts";
import { makeRoster, newMemberKeys, newPublicKeys } from "../../tests/support/make_roster.ts";
import { addressAt, fileSignedBy } from "../../tests/support/rosters/sign_rosters.ts";
import { canonicalJson, type JsonObject } from "../canonical_json.ts";
import { ConfigError } from "../config_error.ts";
import { DEFAULT_CONSTANTS } from "./constants.ts";
import { applyDifference, differenceOf } from "./difference.ts";
import type { RosterFile } from "./parse_roster.ts";
import { rosterDigest } from "./roster.ts";
import { readRosterFields } from "./roster_fields.ts";
import type { Roster, RosterClient } from "./roster_types.ts";

const { roster } = makeRoster({ replicas: 4, clients: 5 });
const before = fileSignedBy(roster);
const bytesOf = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : canonicalJson(value));
const operators = [newMemberKeys(), newMemberKeys()].map(({ publicKey }) => publicKey);
/** Members that may join; making keys in each run would take most of the time. */
const strangers = Array.from({ length: 4 }, (_, i) => ({ id: `x${i}`, ...newPublicKeys() }));

const members = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 0 });
const replicas = fc.tuple(fc.shuffledSubarray([...roster.replicas], { minLength: 1 }), members(strangers.slice(0, 2)))
  .map(
    ([old, added]) => [...old, ...added.map((keys) => ({ ...keys, id: replicaId(keys.id), ...addressAt(keys.id) }))],
  );
const clients = fc.tuple(members(roster.clients), members(strangers.slice(2)), fc.boolean()).map(
  ([old, added, rotates]): RosterClient[] => [
    ...old.map((line, i) => rotates && i === 0 ? { ...line, curveKey: newPublicKeys().curveKey } : line),
    ...added.map((keys) => ({ ...keys, id: clientId(keys.id) })),
  ],
);
const rosters: fc.Arbitrary<Roster> = fc.record({
  replicas,
  clients,
  logTail: fc.integer({ min: 1, max: 100 }),
  several: fc.constantFrom({}, { operators }, { operators, operatorThreshold: 3 }, { operatorThreshold: 1 }),
}).map(({ logTail, several, ...parts }) => ({
  ...{ ...roster, ...parts, ...several, epoch: 2, previous: before.digest },
  constants: { ...roster.constants, logTail },
}));

Deno.test("what a difference makes of the roster before has the very digest of the next one, and back", () => {
  fc.assert(
    fc.property(rosters, (next) => {
      const after = fileSignedBy(readRosterFields({ path: "$", value: next }, backend));
      assertEquals(rosterDigest(applyDifference(before.raw, differenceOf(before, after))), after.digest);
      const kept = next.clients.map(({ id }) => id).filter((id) => roster.clients.some((line) => line.id === id));
      if (kept.length < roster.clients.length) return;
      assertEquals(
        rosterDigest(applyDifference(after.raw, differenceOf(after, before))),
        before.digest,
      );
    }),
    { numRuns: 60 },
  );
});

Deno.test("a roster that lacks later constants differs from its successor by what was signed", () => {
  const { profile: _, ...constants } = roster.constants;
  const raw = { ...before.raw, constants } as unknown as JsonObject;
  const old: RosterFile = { ...before, raw, digest: rosterDigest(raw) };
  const next: RosterFile = fileSignedBy({ ...roster, epoch: 2, previous: old.digest });
  const difference = differenceOf(old, next);
  assertEquals(JSON.parse(new TextDecoder().decode(difference)).set.constants.profile, DEFAULT_CONSTANTS.profile);
  assertEquals(rosterDigest(applyDifference(raw, difference)), next.digest);
});

const EMPTY = { set: {}, unset: [], put: [], remove: [] };

Deno.test("what is no difference makes nothing", () => {
  const wrong: readonly unknown[] = [
    ...[
      "",
      "null",
      "[]",
      "{",
      "{}",
      `${canonicalJson(EMPTY)} `,
      "\ufeff" + canonicalJson(EMPTY),
      '{"put":[],"put":[]}',
    ],
    ...[{ ...EMPTY, more: 1 }, { ...EMPTY, set: [] }, { ...EMPTY, set: { clients: [] } }, {
      ...EMPTY,
      unset: ["clients"],
    }],
    ...[{ ...EMPTY, unset: [1] }, { ...EMPTY, put: [{}] }, { ...EMPTY, put: [{ id: 1 }] }, { ...EMPTY, put: {} }],
    ...[{ ...EMPTY, remove: ["nobody"] }, { ...EMPTY, remove: ["c1", "c1"] }, { ...EMPTY, remove: "c1" }],
    '{"put":[],"remove":[],"set":{"a":1.5},"unset":[]}',
    '{"put":[],"remove":[],"set":{"a":"\\ud800"},"unset":[]}',
    `{"put":[],"remove":[],"set":{"a":${"[".repeat(9)}${"]".repeat(9)}},"unset":[]}`,
  ];
  for (const value of wrong) assertEquals(applyDifference(before.raw, bytesOf(value)), null, JSON.stringify(value));
  assertEquals(applyDifference(before.raw, Uint8Array.of(0xff)), null);
  assertEquals(rosterDigest(applyDifference(before.raw, bytesOf(EMPTY))), before.digest);
});

Deno.test("however deep a difference is, nobody runs out of stack", () => {
  const half = LIMITS.maxChangeBytes / 2 - 40;
  const deep = `{"put":[],"remove":[],"set":{"a":${"[".repeat(half)}${"]".repeat(half)}},"unset":[]}`;
  assertEquals(applyDifference(before.raw, bytesOf(deep)), null);
});

Deno.test("garbage never throws, whether it is bytes or JSON", () => {
  const json = fc.record({
    set: fc.dictionary(fc.string(), fc.jsonValue()),
    unset: fc.array(fc.constantFrom("constants", "epoch", "__proto__", "no")),
    put: fc.array(fc.record({ id: fc.constantFrom("c1", "c9", "__proto__"), x: fc.jsonValue() })),
    remove: fc.subarray(["c1", "c2"]),
  }).map((value) => bytesOf(JSON.stringify(value)));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), json, fc.json().map(bytesOf)), (bytes) => {
      const made = applyDifference(before.raw, bytes);
      if (made !== null) assertEquals(rosterDigest(applyDifference(before.raw, bytes)), rosterDigest(made));
    }),
    { numRuns: 500 },
  );
});

Deno.test("clients in another order, and more than one command takes, are refused by name", () => {
  const refuse = (next: Partial<Roster>, message: string) => {
    const after = { raw: { ...before.raw, ...next } as unknown as JsonObject };
    assertThrows(() => differenceOf(before, { ...after, digest: rosterDigest(after.raw) }), ConfigError, message);
  };
  refuse({ clients: roster.clients.toReversed() }, "given clients in another order, wanted those that stay in theirs");
  const many = Array.from({ length: 400 }, (_, i) => ({ ...roster.clients[0]!, id: clientId(`many${i}`) }));
  refuse({ clients: [...roster.clients, ...many] }, `wanted at most ${LIMITS.maxChangeBytes}: make several changes`);
  assertEquals(applyDifference(before.raw, new Uint8Array(LIMITS.maxChangeBytes + 1).fill(0x20)), null);
});
