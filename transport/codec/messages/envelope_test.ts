/** The epoch in the envelope of a packet, and the packets that are of no epoch (§13.6, §13.8). */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { LIMITS } from "../../../protocol/limits.ts";
import { packets } from "../../../tests/support/packet_arbitraries.ts";
import {
  type AnyPacket,
  decodeClientPacket,
  DecodeError,
  type DecodeErrorCode,
  decodePeerPacket,
  decodeReplyPacket,
  encodePacket,
  epochOf,
  type PacketKind,
} from "../mod.ts";
import { PACKETS } from "./packet_formats.ts";

const DECODERS = { peer: decodePeerPacket, client: decodeClientPacket, reply: decodeReplyPacket };
const KINDS = Object.keys(packets) as PacketKind[];
const sample = <T>(from: fc.Arbitrary<T>): T => fc.sample(from, { seed: 3, numRuns: 1 })[0]!;
const sampleOf = (kind: PacketKind): AnyPacket => sample(packets[kind] as fc.Arbitrary<AnyPacket>);

function assertRefused(decode: () => unknown, code: DecodeErrorCode, said: string): void {
  const error = assertThrows(decode, DecodeError);
  assertEquals(error.code, code, error.message);
  assertStringIncludes(error.message, said);
}

const LATER_EPOCHS = [2, 3, 255, 2 ** 32, Number.MAX_SAFE_INTEGER];
/** The kinds of no epoch (§13.6). */
const OF_NO_EPOCH = ["FetchEpoch", "EpochEnd"];

for (const kind of KINDS) {
  const { channel } = PACKETS[kind];
  const names = channel !== "client" && !OF_NO_EPOCH.includes(kind);

  Deno.test(`§13.6 ${kind} packet: ${names ? "names a later epoch" : "is of no epoch"} in its envelope`, () => {
    const packet = sampleOf(kind);
    const frames = encodePacket(packet);
    assertEquals(epochOf(frames), names ? 1 : null);
    for (const epoch of LATER_EPOCHS) {
      const marked = encodePacket(packet, epoch);
      assertEquals<unknown>(DECODERS[channel](marked), packet);
      assertEquals(epochOf(marked), names ? epoch : null);
      assertEquals(marked.slice(1), frames.slice(1));
      assertEquals(marked[0]!.subarray(0, frames[0]!.length), frames[0]);
      assertEquals(marked[0]!.length, frames[0]!.length + (names ? 8 : 0));
    }
  });

  Deno.test(`§13.6 ${kind} packet: an envelope has one encoding`, () => {
    const frames = encodePacket(sampleOf(kind));
    const followed = (...more: number[]) => frames.with(0, Uint8Array.of(...frames[0]!, ...more));
    const both = (given: readonly Uint8Array[], code: DecodeErrorCode, said: string) => {
      assertRefused(() => epochOf(given), code, said);
      assertRefused(() => DECODERS[channel](given), code, said);
    };
    const EIGHT = [0, 0, 0, 0, 0, 0, 0];
    for (const epoch of [0, 1]) {
      if (names) both(followed(...EIGHT, epoch), "bad-value", `wanted an epoch above 1, got ${epoch}`);
      else both(followed(...EIGHT, epoch), "trailing-bytes", "envelope.end");
    }
    both(followed(2), names ? "truncated" : "trailing-bytes", "envelope");
    both(followed(...EIGHT, 2, 0), "trailing-bytes", "envelope.end");
    if (names) both(followed(255, 255, 255, 255, 255, 255, 255, 255), "bad-value", "envelope.epoch");
  });
}

Deno.test("§13.6 the epoch is read from the envelope, whatever the other frames are", () => {
  const [envelope] = encodePacket(sample(packets.Vote), 7);
  assertEquals(epochOf([envelope!, new Uint8Array()]), 7);
  assertRefused(() => epochOf([envelope!]), "bad-frames", "wanted 2 frames, got 1");
  for (const epoch of [0, -1, 1.5, Number.MAX_SAFE_INTEGER + 1]) {
    assertThrows(() => encodePacket(sample(packets.Vote), epoch), RangeError);
  }
});

Deno.test("§13.8 an end may bring the text of the roster it is of, up to its limit", () => {
  const packet = sample(packets.EpochEnd);
  const longest = { ...packet, roster: new Uint8Array(LIMITS.maxRosterBytes) };
  assertEquals<unknown>(decodePeerPacket(encodePacket(longest)), longest);
  const longer = { ...packet, roster: new Uint8Array(LIMITS.maxRosterBytes + 1) };
  assertThrows(() => encodePacket(longer), RangeError, "roster: wanted at most 2097152 bytes, given 2097153");
  const frames = encodePacket({ ...packet, roster: new Uint8Array() });
  const lengthAt = frames[1]!.length - 4;
  const claim = frames.with(1, frames[1]!.with(lengthAt + 1, 0x20).with(lengthAt + 3, 1));
  assertRefused(() => decodePeerPacket(claim), "too-large", "wanted at most 2097152 bytes, 2097153 claimed");
});
