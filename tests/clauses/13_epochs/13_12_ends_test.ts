/** §13.12 What a client takes for the end of an epoch, and what not. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { changeOf } from "../../../crypto/roster/change_judge.ts";
import type { SignedRoster } from "../../../crypto/roster/parse_roster.ts";
import { followEnds, verifyEnd } from "../../../crypto/roster/verify_end.ts";
import { nobleBackend } from "../../../crypto/signing/noble_backend.ts";
import { createSigner } from "../../../crypto/signing/signing.ts";
import { joinRequests } from "../../../protocol/entry_body.ts";
import type { EpochEnd } from "../../../protocol/epochs/epoch_end.ts";
import { clientId, logIndex, seq, term } from "../../../protocol/ids.ts";
import type { SendRequest } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { entryOf, epochEndCodec } from "../../../transport/codec/mod.ts";
import { type Changes, endOf, FakeEpochs, sealed, successorOf } from "../../client/fake_epochs.ts";
import { newFakeRoster } from "../../client/fake_roster.ts";

const { roster, keys } = newFakeRoster({});
const operator = keys.get("operator")!;
const first = new FakeEpochs(roster, keys).newest;
const client = createSigner(nobleBackend, Uint8Array.fromHex(keys.get("c1")!.secretKey), roster.cluster);
const byIds = (...ids: string[]) => ids.map((id) => keys.get(id)!);
const QUORUM = byIds("r1", "r2", "r3");

/** Returns a request of c1 to change `before` to `next`. */
const requestTo = (before: SignedRoster, next: SignedRoster): Signed<SendRequest> =>
  sealed(client, {
    ...{ kind: "SendRequest", client: clientId("c1"), session: logIndex(1), seq: seq(1), floor: seq(1) },
    ...{ mode: "roster", command: changeOf(before, next) },
  });

/** Returns the roster behind `before`, and the end that leads there. */
function stepFrom(before: SignedRoster, changes: Changes, by = QUORUM) {
  const next = successorOf(before, changes, operator);
  return { next, end: endOf(before, requestTo(before, next), 10 * before.roster.epoch, by) };
}

const verified = (end: EpochEnd, by = first): string | null => verifyEnd(by, end, nobleBackend)?.digest ?? null;

const { next: second, end } = stepFrom(first, { constants: { heartbeatMs: 30 } });

Deno.test("§13.12a an end by Q replicas of the epoch leads to the roster in its stop-sign, whatever of its bytes was passed on", () => {
  assertEquals(verified(end), second.digest);
  assertEquals(verified(epochEndCodec.decode(epochEndCodec.encode(end))), second.digest);
  assertEquals(
    verified(stepFrom(first, {}, byIds("r4", "r2", "r3", "r1")).end),
    successorOf(first, {}, operator).digest,
  );
});

const other = successorOf(first, { constants: { heartbeatMs: 20 } }, operator);
const otherRequest = requestTo(first, other);
const later = stepFrom(second, {});
const { proof: { stable, commit } } = end;

/** Ends that prove nothing to whoever has the roster of epoch 1. */
const FORGED: Readonly<Record<string, EpochEnd>> = {
  "by f + 1": endOf(first, requestTo(first, second), 10, byIds("r1", "r2")),
  "by one replica three times": endOf(first, requestTo(first, second), 10, byIds("r1", "r1", "r1")),
  "by two replicas and one that is none": endOf(first, requestTo(first, second), 10, byIds("r1", "r2", "c1")),
  "signed for the next epoch": { ...endOf(second, requestTo(first, second), 10, QUORUM), epoch: 1 },
  "of the next epoch": later.end,
  "that says it is of the next epoch": { ...end, epoch: 2 },
  "with another change": { ...end, entry: entryOf(end.entry.index, end.entry.term, joinRequests([otherRequest])) },
  "behind another hash": { ...end, before: stable.hash },
  "of an entry of another term": { ...end, entry: { ...end.entry, term: term(2) } },
  "with a Checkpoint of another state": {
    ...end,
    proof: { stable: { ...stable, stateDigest: stable.hash }, commit },
  },
  "without Checkpoints": { ...end, proof: { stable: { ...stable, checkpoints: [] }, commit } },
  "without reports": { ...end, proof: { stable, commit: { ...commit, responses: [] } } },
  "certified in term 0": { ...end, proof: { stable, commit: { ...commit, term: term(0) } } },
  "of a change that is none": endOf(
    first,
    sealed(client, { ...requestTo(first, second).message, command: changeOf(first, second).with(50, 0) }),
    10,
    QUORUM,
  ),
  "of a command with the same bytes": endOf(
    first,
    sealed(client, { ...requestTo(first, second).message, mode: "command" }),
    10,
    QUORUM,
  ),
};
for (const [what, forged] of Object.entries(FORGED)) {
  Deno.test(`§13.12a an end ${what} proves nothing`, () => assertEquals(verified(forged), null));
}

Deno.test("§13.12a a whole quorum of retired keys leads who knows nothing newer to a roster that was signed and never ordered, and nobody else", () => {
  const unordered = endOf(first, otherRequest, 20, QUORUM);
  assertEquals(verified(unordered), other.digest);
  assertEquals(verified(unordered, second), null);
});

Deno.test("§13.12a an end whose stop-sign does not stand alone proves nothing, though Q replicas signed it", () => {
  const request = requestTo(first, second);
  assertEquals(verified(endOf(first, request, 10, QUORUM)), second.digest);
  assertEquals(verified(endOf(first, request, 10, QUORUM, [request, otherRequest])), null);
});

Deno.test("§13.12a not one changed bit of an end is taken", () => {
  const bytes = epochEndCodec.encode(end);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
      let changed: EpochEnd;
      try {
        changed = epochEndCodec.decode(bytes.with(at, bytes[at]! ^ (1 << bit)));
      } catch {
        return; // refused by the decoder already
      }
      assertEquals(verified(changed), null, `byte ${at}`);
    }),
    { numRuns: 150 },
  );
});

Deno.test("§13.12a whoever has another roster of the same epoch takes no end of this one", () => {
  const twin = successorOf(first, { clients: roster.clients.slice(1) }, operator);
  assertEquals(twin.roster.epoch, second.roster.epoch);
  assertEquals(verified(later.end, second), later.next.digest);
  assertEquals(verified(later.end, twin), null);
  assertEquals(verified(later.end, first), null);
});

Deno.test("§13.12a ends are followed one after the other, from where the reader stands, up to the first that proves nothing", () => {
  const third = stepFrom(second, { constants: { heartbeatMs: 25 } });
  const fourth = stepFrom(third.next, {});
  const all = [end, third.end, fourth.end];
  const followed = (from: SignedRoster, ends: readonly EpochEnd[]) =>
    followEnds(from, ends, nobleBackend).map(({ next }) => next.digest);
  const digests = [second, third.next, fourth.next].map(({ digest }) => digest);
  assertEquals(followed(first, all), digests);
  assertEquals(followed(second, all), digests.slice(1));
  assertEquals(followed(fourth.next, all), []);
  assertEquals(followed(first, all.slice(1)), [], "none is passed over");
  assertEquals(followed(first, [end, { ...third.end, before: stable.hash }, fourth.end]), digests.slice(0, 1));
});

Deno.test("§13.14 in the crash profile an end is as good as the operators' signatures in it", () => {
  const crash = newFakeRoster({ constants: { profile: "crash" } });
  const before = new FakeEpochs(crash.roster, crash.keys).newest;
  const next = successorOf(before, {}, crash.keys.get("operator")!);
  const signer = createSigner(nobleBackend, Uint8Array.fromHex(crash.keys.get("c1")!.secretKey), "fake");
  const command = changeOf(before, next);
  const request = (bytes: Uint8Array) =>
    sealed(
      signer,
      {
        ...{ kind: "SendRequest", client: clientId("c1"), session: logIndex(1), seq: seq(1), floor: seq(1) },
        ...{ mode: "roster", command: bytes },
      } as const,
    );
  const by = ["r1", "r2", "r3"].map((id) => crash.keys.get(id)!);
  const unsigned = (given: EpochEnd): EpochEnd => {
    const bare = <T extends { readonly signature: Uint8Array }>(all: readonly T[]) =>
      all.map((each) => ({ ...each, signature: new Uint8Array(64) }));
    const { stable, commit } = given.proof;
    return {
      ...given,
      proof: {
        stable: { ...stable, checkpoints: bare(stable.checkpoints) },
        commit: { ...commit, responses: bare(commit.responses) },
      },
    };
  };
  const genuine = endOf(before, request(command), 10, by);
  assertEquals(verified(unsigned(genuine), before), next.digest);
  assertEquals(verified(genuine, before), null, "what is signed was made for the other profile");
  const signatureAt = command.findIndex((_, i) => i > 1 + 8 + 32 + 32 + 1 + 33);
  const tampered = command.with(signatureAt + 5, command[signatureAt + 5]! ^ 1);
  assert(signatureAt > 0);
  assertEquals(verified(unsigned(endOf(before, request(tampered), 10, by)), before), null);
});
