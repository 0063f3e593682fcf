/** §13.1 Chain of rosters, as tools and `client verify` hold to it: nothing orders a change of the roster yet. */
import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../../crypto/config_error.ts";
import { changeOf, createChangeJudge } from "../../../crypto/roster/change_judge.ts";
import { parseRosterFile, type SignedRoster } from "../../../crypto/roster/parse_roster.ts";
import { faultOfContent, faultOfSuccessor } from "../../../crypto/roster/roster_chain.ts";
import type { Roster } from "../../../crypto/roster/roster_types.ts";
import { decodeChange, encodeChange } from "../../../protocol/operations/change.ts";
import { backend } from "../../support/backends.ts";
import { makeRoster, newMemberKeys, newPublicKeys } from "../../support/make_roster.ts";
import { fileSignedBy, signedBy, textSignedBy } from "../../support/rosters/sign_rosters.ts";

const { roster, keys } = makeRoster();
const a = keys.get("operator")!;
const [b, c, outsider] = [newMemberKeys(), newMemberKeys(), newMemberKeys()];
/** Two of the operators a, b and c have to sign what follows. */
const two: Roster = { ...roster, operators: [b.publicKey, c.publicKey], operatorThreshold: 2 };
const before = signedBy(two, a, b);
const behind = (changes: Partial<Roster> = {}): Roster => ({ ...two, epoch: 2, previous: before.digest, ...changes });

type Signer = Parameters<typeof textSignedBy>[1];

/** Returns what is wrong with a roster that these signed, as a file and as a command. */
function refusalOf(next: Roster, ...by: readonly Signer[]): string | null {
  const file = fileSignedBy(next, ...by);
  const fault = faultOfSuccessor(before, next, file.signatures);
  const command = changeOf(before, { ...file, isSigned: true } as SignedRoster);
  assertEquals(createChangeJudge(before, backend).judge(command).refusal, fault?.refusal ?? null);
  return fault?.refusal ?? null;
}

Deno.test("§13.1a an operator counts once in each roster, however many signatures are shown", () => {
  assertEquals(refusalOf(behind(), a), "operators");
  assertEquals(refusalOf(behind(), a, outsider), "operators");
  assertEquals(refusalOf(behind(), a, c), null);
  const file = JSON.parse(textSignedBy(behind(), a, b));
  const twice = { ...file, signatures: [file.signatures[0], file.signatures[0]] };
  assertThrows(() => parseRosterFile(JSON.stringify(twice), backend), ConfigError, "wanted keys in ascending order");
  const change = decodeChange(changeOf(before, signedBy(behind(), a, b)))!;
  const [first] = change.signatures;
  assertThrows(() => encodeChange({ ...change, signatures: [first!, first!] }), RangeError);
});

Deno.test("§13.1b keys that the new roster brings authorise nothing in its place, and sign all the same", () => {
  const mine = behind({ operatorKey: outsider.publicKey, operators: [], operatorThreshold: 1 });
  assertEquals(refusalOf(mine, outsider), "operators");
  assertEquals(refusalOf(mine, a, outsider), "operators");
  assertEquals(refusalOf(mine, a, b), "operators");
  assertEquals(refusalOf(mine, a, b, outsider), null);
  const unable = behind({ operators: [outsider.publicKey], operatorThreshold: 2 });
  assertEquals(refusalOf(unable, a, b), "operators", "who could never sign again");
  assertEquals(refusalOf(unable, a, b, outsider), null);
});

Deno.test("§13.1c constants that the session table rests on only rise", () => {
  for (const name of ["sessionWindow", "sessionsPerClient"] as const) {
    const by = (change: number) =>
      behind({ constants: { ...roster.constants, [name]: roster.constants[name] + change } });
    assertEquals(refusalOf(by(-2), a, b), "successor");
    assertEquals(faultOfContent(before, by(-2))?.text.startsWith(`given ${name}`), true);
    assertEquals(refusalOf(by(2), a, b), null);
  }
});

Deno.test("§13.1d at least f + 1 replicas stay with both keys", () => {
  const renewed = (count: number) =>
    behind({ replicas: two.replicas.map((line, i) => i < count ? { ...line, ...newPublicKeys() } : line) });
  assertEquals([1, 2, 3, 4].map((count) => refusalOf(renewed(count), a, b)), [null, null, "successor", "successor"]);
  assertEquals(refusalOf(behind({ replicas: two.replicas.slice(2) }), a, b), null);
  assertEquals(refusalOf(behind({ replicas: two.replicas.slice(3) }), a, b), "successor");
});
