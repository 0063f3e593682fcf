import { assert, assertEquals, assertStrictEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { joinRequests } from "../../../protocol/entry_body.ts";
import { logIndex, offset } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { PacketOf, PartPacket } from "../../../protocol/packet.ts";
import { certificate, checkpointProof, messages, signature, signed } from "../../../tests/support/arbitraries.ts";
import {
  assertCanonical,
  assertCutsRefused,
  assertMutationsCanonical,
  assertRoundTrip,
  type Direction,
} from "../../../tests/support/canonical_laws.ts";
import { packets } from "../../../tests/support/packet_arbitraries.ts";
import {
  type AnyPacket,
  certificateCodec,
  checkpointProofCodec,
  decodeClientPacket,
  DecodeError,
  type DecodeErrorCode,
  decodePeerPacket,
  decodeReplyPacket,
  encodeMessage,
  encodePacket,
  entryOf,
  KIND_BYTES,
  type PacketKind,
  WIRE_VERSION,
} from "../mod.ts";
import { PACKETS } from "./packet_formats.ts";

type Decode = (frames: readonly Uint8Array[]) => AnyPacket;

const DECODERS: Readonly<Record<string, Decode>> = {
  peer: decodePeerPacket,
  client: decodeClientPacket,
  reply: decodeReplyPacket,
};
const KINDS = Object.keys(packets) as PacketKind[];
const arbitrary = (kind: PacketKind): fc.Arbitrary<AnyPacket> => packets[kind];
const direction = (kind: PacketKind): Direction<AnyPacket> => ({
  encode: encodePacket,
  decode: DECODERS[PACKETS[kind].channel]!,
});
const sample = <T>(from: fc.Arbitrary<T>): T => fc.sample(from, { seed: 3, numRuns: 1 })[0]!;

function assertRefused(decode: () => unknown, code: DecodeErrorCode, said: string): void {
  const error = assertThrows(decode, DecodeError);
  assertEquals(error.code, code, error.message);
  assertStringIncludes(error.message, said);
}

for (const kind of KINDS) {
  Deno.test(`${kind} packet: comes back equal, in at most ${LIMITS.maxFrames} frames`, () => {
    fc.assert(
      fc.property(arbitrary(kind), (packet) => {
        assertRoundTrip(direction(kind), packet);
        assert(encodePacket(packet).length <= LIMITS.maxFrames);
      }),
      { numRuns: 40 },
    );
  });

  Deno.test(`${kind} packet: a cut frame, a changed byte, a missing or additional frame`, () => {
    fc.assert(
      fc.property(arbitrary(kind), (packet) => {
        const frames = encodePacket(packet);
        assertCutsRefused(direction(kind), frames, 100);
        assertMutationsCanonical(direction(kind), frames, 150);
        const { decode } = direction(kind);
        assertRefused(() => decode([...frames, new Uint8Array()]), "bad-frames", "frames");
        assertRefused(() => decode(frames.slice(0, -1)), "bad-frames", "frames");
      }),
      { numRuns: 4 },
    );
  });

  Deno.test(`${kind} packet: refused on the channels it does not belong to`, () => {
    const frames = encodePacket(sample(arbitrary(kind)));
    for (const [channel, decode] of Object.entries(DECODERS)) {
      if (channel === PACKETS[kind].channel) decode(frames);
      else assertRefused(() => decode(frames), "wrong-kind", `wanted a kind of the ${channel} channel, got ${kind}`);
    }
  });
}

Deno.test("garbage in any number of frames throws nothing but DecodeError", () => {
  const frame = fc.uint8Array({ maxLength: 200 });
  const envelope = fc.tuple(fc.constantFrom(...Object.values(KIND_BYTES)), signature)
    .map(([byte, mark]) => Uint8Array.of(WIRE_VERSION, byte, ...mark));
  const anything = fc.oneof(
    fc.array(frame, { maxLength: 6 }),
    fc.tuple(envelope, frame),
    fc.tuple(envelope, frame, frame),
    fc.tuple(envelope, signed(messages.AppendEntries).map((header) => header.body), frame),
  );
  fc.assert(
    fc.property(anything, (frames) => {
      for (const decode of Object.values(DECODERS)) assertCanonical({ encode: encodePacket, decode }, frames);
    }),
    { numRuns: 500 },
  );
});

Deno.test("the signed bytes are sent and returned as they are, not made anew", () => {
  const packet = sample(packets.Vote);
  const frames = encodePacket(packet);
  assertStrictEquals(frames[1], packet.signed.body);
  const forged = { ...packet, signed: { ...packet.signed, body: Uint8Array.of(7) } };
  assertEquals(encodePacket(forged)[1], Uint8Array.of(7));
});

Deno.test("frames that are Buffers give plain Uint8Arrays that are views into them", () => {
  const packet = sample(packets.ForwardedRequest);
  const frames = encodePacket(packet).map((frame) => Buffer.from(frame));
  const decoded = decodePeerPacket(frames);
  assertEquals<unknown>(decoded, packet);
  assert(decoded.kind === "ForwardedRequest");
  const { body, message } = (decoded as typeof packet).signed;
  const part = message.kind === "SendRequest" ? message.command : message.nonce;
  for (const view of [body, part]) {
    assertStrictEquals(view.constructor, Uint8Array);
    assertStrictEquals(view.buffer, frames[1]!.buffer);
  }
});

Deno.test("a packet above its limits of frames or bytes is refused before it is looked at", () => {
  assertRefused(() => decodePeerPacket([]), "bad-frames", "wanted 1 to 4 frames, got 0");
  assertRefused(() => decodePeerPacket(Array(5).fill(new Uint8Array())), "bad-frames", "got 5");
  const huge = new Uint8Array(LIMITS.maxPacketBytes);
  assertRefused(
    () => decodePeerPacket([Uint8Array.of(WIRE_VERSION, 1), huge]),
    "too-large",
    "wanted at most 4194304 bytes",
  );
});

const header = sample(messages.AppendEntries);
const request = { message: sample(messages.SendRequest), body: new Uint8Array(), signature: new Uint8Array(64) };

/** Returns an AppendEntries at index 10 whose entries have these bodies. */
function appendPacket(bodies: readonly Uint8Array[]): PacketOf<"AppendEntries"> {
  const message = { ...header, prevIndex: logIndex(9), entryHashes: bodies.map(() => header.prevHash) };
  const entries = bodies.map((body, i) => entryOf(offset(logIndex(10), i), header.term, body));
  const part = { message, body: encodeMessage(message), signature: request.signature };
  return { kind: "AppendEntries", signed: part, entries, proof: null };
}

Deno.test("§3.2: an entry without a well-formed list of requests is no decoding error, so that its leader can be accused", () => {
  const good = { ...request, body: encodeMessage(request.message) };
  const trailing = { ...request, body: Uint8Array.of(...good.body, 0) };
  const bodies = [[good, good], [], [good, trailing]].map((list) => joinRequests(list));
  const packet = appendPacket([...bodies, new Uint8Array(), Uint8Array.of(0, 1), Uint8Array.of(0, 0, 0)]);
  const decoded = decodePeerPacket(encodePacket(packet)) as PacketOf<"AppendEntries">;
  assertEquals(decoded.entries.map((entry) => entry.requests?.length ?? null), [2, 0, null, null, null, null]);
  assertEquals(decoded.entries[0]!.requests![1], good);
  assertEquals(decoded, packet);
});

Deno.test("§5.1: one entry for each hash, each in its place, within the limit of bytes", () => {
  const packet = appendPacket([new Uint8Array(2), new Uint8Array(2)]);
  const [first, second] = packet.entries;
  const unencodable = (entries: PacketOf<"AppendEntries">["entries"], said: string) =>
    assertStringIncludes(assertThrows(() => encodePacket({ ...packet, entries }), RangeError).message, said);
  unencodable([first!], "wanted 2 entries, one for each hash, got 1");
  unencodable([second!, first!], "wanted entry 10 at place 0, got 11");
  const frames = encodePacket(packet);
  const swapped = new Uint8Array(frames[2]!);
  swapped[4 + 7] = 12;
  assertRefused(() => decodePeerPacket(frames.with(2, swapped)), "bad-value", "wanted entry 10 at place 0, got 12");
  const most = new Uint8Array(LIMITS.maxEntryBytes);
  encodePacket(appendPacket([most, most]));
  const tooMany = assertThrows(() => encodePacket(appendPacket([most, most, new Uint8Array(1)])), RangeError);
  assertStringIncludes(tooMany.message, "bytes of entry bodies");
});

Deno.test("§8.1: fetched entries run from the index the answer names", () => {
  const [entry] = appendPacket([new Uint8Array(2)]).entries;
  const answer = { ...sample(messages.FetchEntriesResponse), from: logIndex(10) };
  const part = { message: answer, body: encodeMessage(answer), signature: request.signature };
  const packet: PacketOf<"FetchEntriesResponse"> = {
    kind: "FetchEntriesResponse",
    signed: part,
    entries: [entry!],
    certificate: null,
    checkpoint: null,
  };
  assertEquals<unknown>(decodePeerPacket(encodePacket(packet)), packet);
  const wrong = { ...packet, entries: [{ ...entry!, index: logIndex(11) }] };
  assertThrows(() => encodePacket(wrong), RangeError, "wanted entry 10 at place 0, got 11");
});

Deno.test("§8.3: a byte behind the entries says whether a certificate and a checkpoint proof follow, without one as before", () => {
  const kept = sample(packets.FetchEntriesResponse);
  const packet = (proofs: Pick<PacketOf<"FetchEntriesResponse">, "certificate" | "checkpoint">) =>
    encodePacket({ ...kept, entries: [], ...proofs });
  const [given, proof] = [sample(certificate), sample(checkpointProof)];
  const NO_ENTRIES = [0, 0, 0, 0];
  const written = [packet({ certificate: null, checkpoint: null }), packet({ certificate: given, checkpoint: null })];
  const stored = certificateCodec.encode(given).subarray(1);
  assertEquals(written.map((frames) => [...frames[2]!]), [[...NO_ENTRIES, 0], [...NO_ENTRIES, 1, ...stored]]);
  const snapshot = packet({ certificate: null, checkpoint: proof });
  assertEquals([...snapshot[2]!], [...NO_ENTRIES, 2, ...checkpointProofCodec.encode(proof).subarray(1)]);
  const both = packet({ certificate: given, checkpoint: proof });
  assertEquals(both[2]!.length, written[1]![2]!.length + snapshot[2]!.length - NO_ENTRIES.length - 1);
  assertEquals(both[2]![NO_ENTRIES.length], 3);
  for (const wrong of [4, 7, 255]) {
    const changed = both.with(2, both[2]!.with(NO_ENTRIES.length, wrong));
    assertRefused(() => decodePeerPacket(changed), "bad-value", `wanted less than 4, got ${wrong}`);
  }
});

/** Returns an answer with chunks of these lengths, each filled with a byte of its own. */
function chunksPacket(lengths: readonly number[]): PacketOf<"FetchChunksResponse"> {
  const chunks = lengths.map((length, i) => new Uint8Array(length).fill(i));
  return { ...sample(packets.FetchChunksResponse), chunks };
}

Deno.test("§8.3: an answer holds 64 chunks of 640 KiB at most, and 1 MiB beyond the first", () => {
  const { maxChunkBytes, maxFetchChunkBytes, maxFetchChunks } = LIMITS;
  const fitting = [[], [0], [maxChunkBytes], [maxChunkBytes, maxChunkBytes, maxFetchChunkBytes - maxChunkBytes]];
  for (const lengths of [...fitting, Array(maxFetchChunks).fill(9)]) {
    const packet = chunksPacket(lengths);
    const frames = encodePacket(packet);
    assert(decodePeerPacket(frames), "an answer within its limits is taken");
    assertEquals(frames[2]!.length, 4 + lengths.reduce((sum: number, length: number) => sum + 4 + length, 0));
  }
  const unencodable = (lengths: readonly number[], said: string) =>
    assertThrows(() => encodePacket(chunksPacket(lengths)), RangeError, said);
  unencodable([maxChunkBytes + 1], "chunks: wanted at most 655360 bytes, given 655361");
  unencodable(Array(maxFetchChunks + 1).fill(0), "chunks: wanted at most 64 items, given 65");
  unencodable([0, maxChunkBytes, maxFetchChunkBytes - maxChunkBytes + 1], "1048576 bytes of chunks beyond the first");
});

Deno.test("§8.3: claims of too many, too long or too many bytes of chunks are refused, and chunks are views into their frame", () => {
  const packet = chunksPacket([3, 5]);
  const frames = encodePacket(packet);
  const decoded = decodePeerPacket(frames) as PacketOf<"FetchChunksResponse">;
  assertEquals(decoded, packet);
  for (const chunk of decoded.chunks) assertStrictEquals(chunk.buffer, frames[2]!.buffer);
  const claim = (...bytes: number[]) => () => decodePeerPacket(frames.with(2, Uint8Array.from(bytes)));
  assertRefused(claim(0, 0, 0, 65), "too-large", "wanted at most 64 items, 65 claimed");
  assertRefused(claim(0, 0, 0, 64, 0, 0, 0, 0), "truncated", "64 items claimed, 4 bytes left");
  assertRefused(claim(0, 0, 0, 1, 0, 10, 0, 1), "too-large", "wanted at most 655360 bytes, 655361 claimed");
  assertRefused(claim(0, 0, 0, 1, 0, 10, 0, 0), "truncated", "wanted 655360 bytes, 0 left");
  const length = 512 * 1024;
  const four = new Uint8Array(4 + 4 * (4 + length));
  four.set([0, 0, 0, 4]);
  for (let i = 0; i < 4; i++) four.set([0, 8, 0, 0], 4 + i * (4 + length));
  assertRefused(() => decodePeerPacket(frames.with(2, four)), "bad-value", "bytes of chunks beyond the first");
});

Deno.test("counts in attachments are checked against the bytes left before anything is allocated", () => {
  const frames = encodePacket(sample(packets.FetchEntriesResponse));
  const claim = (...bytes: number[]) => () => decodePeerPacket(frames.with(2, Uint8Array.from(bytes)));
  assertRefused(claim(255, 255, 255, 255, 0), "too-large", "entries");
  assertRefused(claim(0, 0, 0x40, 0, 0), "truncated", "16384 items claimed, 1 bytes left");
  assertRefused(claim(0, 0, 0, 0, 1, 9), "unknown-kind", "1 (prepare) or 2 (commit), got 9");
});

Deno.test("a signature of another length cannot be encoded", () => {
  const packet = sample(packets.ClientHello);
  const short = { ...packet, signed: { ...packet.signed, signature: new Uint8Array(63) } };
  assertThrows(() => encodePacket(short), RangeError, "wanted a signature of 64 bytes, given 63");
});

Deno.test("an intervention carries the very bytes of the request it repeats (§7.3)", () => {
  const part = sample(signed(messages.SendRequest));
  const [, body] = encodePacket({ kind: "UpdateLeader", signed: part });
  assertStrictEquals(body, encodePacket({ kind: "SendRequest", signed: part })[1]);
});

Deno.test("§7.2h: the path of a part has 10 digests at most, and its index is below the greatest number of parts", () => {
  const { maxReplyParts, maxReplyPath } = LIMITS;
  const digests = (count: number) => Array.from({ length: count }, () => header.prevHash);
  const packet = { ...sample(packets.Reply), index: maxReplyParts - 1, path: digests(maxReplyPath) };
  const frames = encodePacket(packet);
  assertEquals<unknown>(decodeReplyPacket(frames), packet);
  assertThrows(() => encodePacket({ ...packet, index: maxReplyParts }), RangeError, "index: wanted at most 1023");
  assertThrows(() => encodePacket({ ...packet, path: digests(11) }), RangeError, "path: wanted at most 10 items");
  const changed = (at: number, value: number) => () => decodeReplyPacket(frames.with(2, frames[2]!.with(at, value)));
  assertRefused(changed(6, 4), "bad-value", "wanted at most 1023");
  assertRefused(changed(11, 11), "too-large", "wanted at most 10 items, 11 claimed");
  assertRefused(changed(8, 255), "too-large", "wanted at most 10 items");
});

Deno.test("§7.2h: a part is taken as received, a view of its bytes, and only in its one encoding", () => {
  const packet = sample(packets.Reply);
  const frames = encodePacket(packet);
  const decoded = decodeReplyPacket(frames) as PartPacket;
  assertStrictEquals(decoded.part.body.buffer, frames[2]!.buffer);
  const longer = { ...packet.part, body: Uint8Array.of(...packet.part.body, 0) };
  assertRefused(() => decodeReplyPacket(encodePacket({ ...packet, part: longer })), "trailing-bytes", "ReplyPart");
});
