import { assertEquals, assertMatch } from "@std/assert";
import { replicaId } from "../../protocol/ids.ts";
import { makeRoster, newMemberKeys, newPublicKeys } from "../../tests/support/make_roster.ts";
import { addressAt } from "../../tests/support/rosters/sign_rosters.ts";
import type { Roster, RosterReplica } from "./roster_types.ts";
import { differenceInWords } from "./words.ts";

const { roster } = makeRoster();
const PRINT = /[0-9A-Z]{5}(?:-[0-9A-Z]{5}){4}/g;
const more = (count: number): RosterReplica[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ id: replicaId(`r${i + 5}`), ...newPublicKeys(), ...addressAt(`h${i}`) },
  }));
/** The lines without fingerprints and keys, which differ from run to run. */
const words = (after: Roster, before = roster) => {
  const { lines, warnings } = differenceInWords(before, after);
  return {
    lines: lines.map((line) => line.replaceAll(PRINT, "PRINT").replaceAll(/\b0[23][0-9a-f]{64}\b/g, "KEY")),
    warnings,
  };
};

Deno.test("every kind of difference has its line, with the fingerprints of keys that come or go", () => {
  const [r1, r2, r3, r4] = roster.replicas as [RosterReplica, RosterReplica, RosterReplica, RosterReplica];
  const [r5] = more(1);
  const { publicKey: operatorKey, curvePublicKey: operatorCurveKey } = newMemberKeys();
  const after: Roster = {
    ...{ ...roster, epoch: 2, operatorKey, operatorCurveKey },
    ...{ operators: [newMemberKeys().publicKey, newMemberKeys().publicKey], operatorThreshold: 2 },
    constants: { ...roster.constants, logTail: 7 },
    replicas: [{ ...r2, ...newPublicKeys() }, { ...r1, host: "elsewhere" }, r5!, r4],
    clients: [{ ...roster.clients[1]!, ...newPublicKeys() }, { ...roster.clients[0]!, id: "c3" as never }],
  };
  assertEquals(words(after).lines, [
    "rotates the keys of replica r2: fingerprint PRINT becomes PRINT",
    "moves replica r1 from r1:7000, 7001 and 7002 to elsewhere:7000, 7001 and 7002",
    `replaces replica ${r3.id}, fingerprint PRINT, by replica r5 at h0:1, 2 and 3, fingerprint PRINT`,
    "changes the order of turns from r1, r2, r4 to r2, r1, r4",
    "rotates the keys of client c2: fingerprint PRINT becomes PRINT",
    "adds client c3, fingerprint PRINT",
    "revokes client c1, fingerprint PRINT",
    "rotates the keys of the operator: fingerprint PRINT becomes PRINT",
    "adds the operator with key KEY",
    "adds the operator with key KEY",
    "operators that have to sign: 1 of 1 becomes 2 of 3",
    "sets logTail from 1000 to 7",
    "n stays 4, f stays 1, Q stays 3",
  ]);
  assertEquals(words(after).warnings, ["only 2 of 4 replicas stay with their keys, fewer than Q = 3"]);
  const print = differenceInWords(roster, after).lines[0]!;
  assertMatch(print, /fingerprint ([0-9A-Z-]{29}) becomes (?!\1)[0-9A-Z-]{29}$/);
});

Deno.test("a roster that differs in its epoch alone says so", () => {
  assertEquals(words({ ...roster, epoch: 2 }), {
    lines: ["changes nothing but the epoch", "n stays 4, f stays 1, Q stays 3"],
    warnings: [],
  });
});

Deno.test("numbers of replicas that bring nothing, or take something, are warned of", () => {
  const sized = (n: number) => ({ ...roster, replicas: [...roster.replicas, ...more(60)].slice(0, n) });
  const seven = sized(7);
  const cases: readonly (readonly [Roster, Roster, string, readonly string[]])[] = [
    [roster, sized(5), "n 4 becomes 5, f stays 1, Q 3 becomes 4", [
      "this roster has n = 5: f stays 1, as with 4, and 4 have to be up",
    ]],
    [roster, sized(6), "n 4 becomes 6, f stays 1, Q 3 becomes 4", [
      "this roster has n = 6: f stays 1, as with 4, and 4 have to be up",
    ]],
    [roster, seven, "n 4 becomes 7, f 1 becomes 2, Q 3 becomes 5", [
      "only 4 of 7 replicas stay with their keys, fewer than Q = 5",
    ]],
    [seven, sized(4), "n 7 becomes 4, f 2 becomes 1, Q 5 becomes 3", [
      "fewer faulty replicas are tolerated: f falls from 2 to 1",
      "only 1 of 4 replicas may be down at a time",
    ]],
    [roster, sized(3), "n 4 becomes 3, f 1 becomes 0, Q stays 3".replace("Q stays 3", "Q 3 becomes 2"), [
      "fewer faulty replicas are tolerated: f falls from 1 to 0",
      "no faulty replica is tolerated with n = 3; 4 tolerate one",
    ]],
  ];
  for (const [before, after, sizes, warnings] of cases) {
    const said = words(after, before);
    assertEquals([said.lines.at(-1), said.warnings], [sizes, warnings]);
  }
});

Deno.test("operators are warned of what they give away", () => {
  const three: Roster = { ...roster, operators: [newMemberKeys().publicKey], operatorThreshold: 2 };
  assertEquals(words(three).warnings, ["whoever loses one of the 2 operators' keys can change this cluster no more"]);
  assertEquals(words(roster, three).warnings, ["fewer operators have to sign: 1 of 1"]);
  assertEquals(words({ ...roster, clients: [] }).warnings, ["no client is left"]);
});
