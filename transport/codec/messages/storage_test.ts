import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { LIMITS } from "../../../protocol/limits.ts";
import {
  bytes,
  certificate,
  checkpointProof,
  commitCertificate,
  electionProof,
  entry,
  evidence,
  logIndex,
  messages,
  signed,
  uint53,
} from "../../../tests/support/arbitraries.ts";
import {
  assertCanonical,
  assertCutsRefused,
  assertMutationsCanonical,
  assertRoundTrip,
  type Direction,
} from "../../../tests/support/canonical_laws.ts";
import { epochEnd } from "../../../tests/support/packet_arbitraries.ts";
import * as codecs from "../mod.ts";

const sample = <T>(from: fc.Arbitrary<T>): T => fc.sample(from, { seed: 5, numRuns: 1 })[0]!;

function direction<T>(codec: codecs.Codec<T>): Direction<T> {
  return { encode: (value) => [codec.encode(value)], decode: ([stored]) => codec.decode(stored!) };
}

function obeysTheLaws<T>(name: string, codec: codecs.Codec<T>, values: fc.Arbitrary<T>): void {
  const both = direction(codec);
  Deno.test(`stored ${name}: comes back equal`, () => {
    fc.assert(fc.property(values, (value) => assertRoundTrip(both, value)), { numRuns: 60 });
  });

  Deno.test(`stored ${name}: cut or changed bytes are refused or are another value's one encoding`, () => {
    fc.assert(
      fc.property(values, (value) => {
        assertCutsRefused(both, both.encode(value), 100);
        assert(assertMutationsCanonical(both, both.encode(value), 200) >= 5);
      }),
      { numRuns: 5 },
    );
  });

  Deno.test(`stored ${name}: garbage throws nothing but DecodeError`, () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(4), (garbage, kind) => {
      assertCanonical(both, [garbage]);
      assertCanonical(both, [Uint8Array.of(codecs.WIRE_VERSION, kind, ...garbage)]);
    }));
  });

  Deno.test(`stored ${name}: another version is refused`, () => {
    const stored = codec.encode(sample(values));
    const error = assertThrows(() => codec.decode(stored.with(0, 1)), codecs.DecodeError);
    assertEquals(error.code, "unknown-version");
  });
}

obeysTheLaws("certificate", codecs.certificateCodec, certificate);
obeysTheLaws("checkpoint proof", codecs.checkpointProofCodec, checkpointProof);
obeysTheLaws("election proof", codecs.electionProofCodec, electionProof);
obeysTheLaws("evidence", codecs.evidenceCodec, evidence);
obeysTheLaws("entry", codecs.entryCodec, entry);
obeysTheLaws("epoch end", codecs.epochEndCodec, epochEnd);
obeysTheLaws("epochs answer", codecs.epochsAnswerCodec, fc.array(epochEnd, { maxLength: 3 }));
obeysTheLaws("query result", codecs.queryResultCodec, fc.record({ version: uint53, value: bytes() }));
obeysTheLaws(
  "feed answer",
  codecs.feedAnswerCodec,
  fc.record({
    ...{ kind: fc.constantFrom("events" as const, "gone" as const, "refused" as const), position: uint53 },
    events: fc.array(fc.record({ position: uint53, value: bytes() }), { maxLength: 3 }),
    reason: fc.uint8Array({ maxLength: 20 }),
  }),
);
obeysTheLaws(
  "checkpoint answer",
  codecs.checkpointAnswerCodec,
  fc.record({ checkpoint: fc.option(checkpointProof), certificate: fc.option(commitCertificate) }),
);
obeysTheLaws("chunks answer", codecs.chunksAnswerCodec, fc.array(bytes(), { maxLength: 4 }));
obeysTheLaws(
  "entries answer",
  codecs.entriesAnswerCodec,
  fc.record({ base: logIndex, commitIndex: logIndex, entries: fc.array(entry, { maxLength: 3 }) }),
);

Deno.test("a nested body of another kind is refused: a response is no vote", () => {
  const proof = fc.sample(electionProof.filter(({ base, votes }) => base.responses.length > 0 && votes.length > 0), {
    seed: 1,
    numRuns: 1,
  })[0]!;
  const swapped = { ...proof, votes: proof.base.responses as unknown as typeof proof.votes };
  const stored = codecs.electionProofCodec.encode(swapped);
  const error = assertThrows(() => codecs.electionProofCodec.decode(stored), codecs.DecodeError);
  assertEquals(error.code, "wrong-kind");
});

Deno.test("a checkpoint proof holds Checkpoints, no more than there are replicas, and a commit certificate", () => {
  const { stable, commit } = sample(checkpointProof);
  const proof = (checkpoints: typeof stable.checkpoints) => ({ stable: { ...stable, checkpoints }, commit });
  const encode = codecs.checkpointProofCodec.encode;
  const one = sample(signed(messages.Checkpoint));
  const most = proof(Array(LIMITS.maxReplicas).fill(one));
  assertEquals(codecs.checkpointProofCodec.decode(encode(most)), most);
  assertThrows(() => encode(proof(Array(LIMITS.maxReplicas + 1).fill(one))), RangeError, "wanted at most 64 items");
  const rollCall = sample(signed(messages.RollCall)) as unknown as typeof one;
  const error = assertThrows(() => codecs.checkpointProofCodec.decode(encode(proof([rollCall]))), codecs.DecodeError);
  assertEquals(error.code, "wrong-kind");
});

Deno.test("§13.4 nothing lies behind a stop-sign: an end has no links, and is of an epoch from 1 on", () => {
  const end = sample(epochEnd);
  const links = [{ term: end.entry.term, digest: end.before }];
  const linked = { ...end, proof: { ...end.proof, commit: { ...end.proof.commit, links } } };
  assertThrows(() => codecs.epochEndCodec.encode(linked), RangeError, "wanted no links, got 1");
  assertThrows(() => codecs.epochEndCodec.encode({ ...end, epoch: 0 }), RangeError, "epoch: wanted at least 1, got 0");
  const stored = codecs.epochEndCodec.encode({ ...end, epoch: 1 });
  const proof = codecs.checkpointProofCodec.encode(end.proof).subarray(1);
  assertEquals(stored.subarray(1 + 8, 1 + 8 + proof.length), proof);
  const ofEpoch = (epoch: number) => codecs.epochEndCodec.decode(stored.with(8, epoch));
  assertEquals(ofEpoch(7), { ...end, epoch: 7 });
  assertThrows(() => ofEpoch(0), codecs.DecodeError, "wanted at least 1");
  const all = codecs.checkpointProofCodec.encode(linked.proof).subarray(1);
  const withLinks = Uint8Array.of(...stored.subarray(0, 9), ...all, ...stored.subarray(9 + proof.length));
  assertThrows(() => codecs.epochEndCodec.decode(withLinks), codecs.DecodeError, "wanted no links, got 1");
});

Deno.test("an answer to GetEpochs holds at most as many ends as its limit", () => {
  const ends = (count: number) => Array.from({ length: count }, () => sample(epochEnd));
  const { decode, encode } = codecs.epochsAnswerCodec;
  assertEquals(decode(encode(ends(LIMITS.maxEpochEnds))).length, LIMITS.maxEpochEnds);
  assertThrows(() => encode(ends(LIMITS.maxEpochEnds + 1)), RangeError, "wanted at most 64 items, given 65");
});
