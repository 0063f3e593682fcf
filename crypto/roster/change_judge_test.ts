import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { clientId, digest } from "../../protocol/ids.ts";
import {
  type ChangeCommand,
  type ChangeRefusal,
  decodeChange,
  encodeChange,
} from "../../protocol/operations/change.ts";
import { quorumOf } from "../../protocol/quorum.ts";
import { backend, BACKENDS } from "../../tests/support/backends.ts";
import { makeRoster, newMemberKeys } from "../../tests/support/make_roster.ts";
import { signedBy } from "../../tests/support/rosters/sign_rosters.ts";
import { canonicalJson } from "../canonical_json.ts";
import { hex, sha256HexOfTwo, unhex } from "../digest.ts";
import type { SignatureBackend } from "../signing/backend.ts";
import { domainPrefix } from "../signing/signing.ts";
import { changeOf, createChangeJudge } from "./change_judge.ts";
import type { SignedRoster } from "./parse_roster.ts";
import { rosterBody } from "./roster.ts";
import type { Roster } from "./roster_types.ts";

const { roster, keys } = makeRoster();
const a = keys.get("operator")!;
const [b, stranger] = [newMemberKeys(), newMemberKeys()];
const current = signedBy({ ...roster, operators: [b.publicKey], operatorThreshold: 2 }, a, b);
const behind = (changes: Partial<Roster> = {}): Roster => ({
  ...{ ...current.roster, epoch: 2, previous: current.digest, ...changes },
});
const next = signedBy(behind({ clients: roster.clients.slice(1) }), a, b);
const change = decodeChange(changeOf(current, next))!;

const judge = (command: Uint8Array, by: SignedRoster = current) => createChangeJudge(by, backend).judge(command);
const refusalOf = (changes: Partial<ChangeCommand>, by?: SignedRoster): ChangeRefusal | null =>
  judge(encodeChange({ ...change, ...changes }), by).refusal;

type Key = { readonly publicKey: string; readonly secretKey: string };

/** A command for any roster, even one that no tool would sign: its difference sets all members. */
function forced(value: unknown, by: readonly Key[] = [a, b]): Uint8Array {
  const signed = sha256HexOfTwo(domainPrefix("Roster", roster.cluster), rosterBody(value));
  const { clients, ...set } = value as Roster;
  const remove = current.roster.clients.map(({ id }) => id);
  const signatures = [...by].sort((x, y) => (x.publicKey < y.publicKey ? -1 : 1)).map(({ publicKey, secretKey }) => ({
    ...{ key: unhex(publicKey), signature: backend.sign(unhex(signed), unhex(secretKey)) },
  }));
  const difference = new TextEncoder().encode(canonicalJson({ set, unset: [], put: clients, remove }));
  return encodeChange({ ...change, signed, signatures, difference });
}

Deno.test("a change that operators signed leads to the very roster, on every backend", () => {
  for (const each of BACKENDS) {
    const verdict = createChangeJudge(current, each).judge(changeOf(current, next));
    assertEquals(verdict, { next: { ...next, raw: verdict.next!.raw }, refusal: null });
    assertEquals(rosterBody(verdict.next!.raw), rosterBody(next.raw));
  }
  assertEquals(judge(forced(behind())).refusal, null);
});

Deno.test("each fault has its name", () => {
  const other = digest("ab".repeat(32));
  assertEquals(refusalOf({ epoch: 3 }), "epoch");
  assertEquals(refusalOf({}, next), "epoch");
  assertEquals(refusalOf({ previous: other }), "previous");
  assertEquals(refusalOf({ signatures: change.signatures.slice(1) }), "operators");
  assertEquals(refusalOf({ signed: other }), "signature");
  const [first, second] = change.signatures;
  assertEquals(refusalOf({ signatures: [first!, { ...second!, signature: first!.signature }] }), "signature");
  assertEquals(refusalOf({ difference: new Uint8Array(3) }), "difference");
  assertEquals(refusalOf({ difference: decodeChange(forced(behind()))!.difference }), "difference");
  assertEquals(judge(forced({ ...behind(), replicas: [] })).refusal, "roster");
  assertEquals(judge(forced({ ...behind(), surprise: 1 })).refusal, "roster");
  assertEquals(judge(forced(behind({ allowPlaintext: true }))).refusal, "successor");
  assertEquals(judge(forced(behind({ epoch: 3 }))).refusal, "epoch");
  assertEquals(judge(forced(behind({ previous: other }))).refusal, "previous");
  assertEquals(judge(forced(behind({ operatorKey: stranger.publicKey }))).refusal, "operators");
  assertEquals(judge(new Uint8Array(0)).refusal, "malformed");
});

Deno.test("keys that the new roster brings authorise nothing in its place", () => {
  const mine = behind({ operatorKey: stranger.publicKey, operators: [], operatorThreshold: 1 });
  assertEquals(judge(forced(mine, [stranger])).refusal, "operators");
  assertEquals(judge(forced(mine, [a, stranger])).refusal, "operators");
  assertEquals(judge(forced(mine, [a, b, stranger])).refusal, null);
});

Deno.test("no difference is looked at, and no signature, before enough operators are named", () => {
  let verified = 0;
  const counting: SignatureBackend = {
    ...backend,
    isPublicKey: (key) => backend.isPublicKey(key),
    verify: (...args) => (verified++, backend.verify(...args)),
  };
  const judgeCounting = (command: Uint8Array) => createChangeJudge(current, counting).judge(command).refusal;
  assertEquals([judgeCounting(forced(behind(), [a])), verified], ["operators", 0]);
  assertEquals([judgeCounting(encodeChange({ ...change, epoch: 9 })), verified], ["epoch", 0]);
  const broken = { ...change, difference: new Uint8Array(1), signed: digest("00".repeat(32)) };
  assertEquals([judgeCounting(encodeChange(broken)), verified], ["signature", 1]);
});

Deno.test("garbage is refused, whatever it is, and changes of a byte too", () => {
  const valid = changeOf(current, next);
  const remembering = createChangeJudge(current, backend);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
    assertEquals(remembering.judge(bytes).refusal, "malformed");
  }));
  fc.assert(fc.property(fc.nat(valid.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
    const bytes = valid.slice();
    bytes[at]! ^= by;
    assert(remembering.judge(bytes).refusal !== null);
  }));
});

Deno.test("a verdict is remembered, the last 128 of them", () => {
  const remembering = createChangeJudge(current, backend);
  const valid = changeOf(current, next);
  const first = remembering.judge(valid);
  for (let i = 1; i < 128; i++) remembering.judge(Uint8Array.of(i));
  assertStrictEquals(remembering.judge(valid), first);
  remembering.judge(Uint8Array.of(128));
  const again = remembering.judge(valid);
  assert(again !== first);
  assertEquals(again, first);
});

Deno.test("new keys for all that may have some at once, of the most replicas, fit one change", () => {
  const large = makeRoster({ replicas: 64, clients: 0 });
  const renewed = makeRoster({ replicas: 64, clients: 1 });
  const before = signedBy(large.roster, large.keys.get("operator")!);
  const clients = renewed.roster.clients.map((line) => ({ ...line, id: clientId("c".repeat(64)) }));
  const { weak } = quorumOf(64, "byzantine");
  const replicas = [...large.roster.replicas.slice(0, weak), ...renewed.roster.replicas.slice(weak)];
  const value = { ...large.roster, epoch: 2, previous: before.digest, replicas, clients };
  const command = changeOf(before, signedBy(value, large.keys.get("operator")!));
  assertEquals(judge(command, before).refusal, null);
  assertEquals(hex(command).length / 2 < 30 * 1024, true);
});
