import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DIGEST_BYTES, SIGNATURE_BYTES } from "../bytes/sizes.ts";
import { digest } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import {
  type ChangeCommand,
  type ChangeRefusal,
  decodeChange,
  decodeChangeResult,
  encodeChange,
  encodeChangeResult,
  MAX_CHANGE_SIGNATURES,
} from "./change.ts";

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const digests = bytesOf(DIGEST_BYTES).map((bytes) => digest(bytes.toHex()));
const signatures = fc.uniqueArray(fc.record({ key: bytesOf(33), signature: bytesOf(SIGNATURE_BYTES) }), {
  selector: ({ key }) => key.toHex(),
  minLength: 1,
  maxLength: MAX_CHANGE_SIGNATURES,
}).map((all) => all.sort((a, b) => (a.key.toHex() < b.key.toHex() ? -1 : 1)));
const changes: fc.Arbitrary<ChangeCommand> = fc.record({
  epoch: fc.integer({ min: 2, max: Number.MAX_SAFE_INTEGER }),
  previous: digests,
  signed: digests,
  signatures,
  difference: fc.uint8Array({ maxLength: 200 }),
});

const sample = (epoch = 2, count = 1, size = 3): ChangeCommand => ({
  epoch,
  previous: digest("ab".repeat(DIGEST_BYTES)),
  signed: digest("cd".repeat(DIGEST_BYTES)),
  signatures: Array.from({ length: count }, (_, i) => ({
    key: new Uint8Array(33).fill(i),
    signature: new Uint8Array(SIGNATURE_BYTES),
  })),
  difference: new Uint8Array(size),
});

Deno.test("a change is read as it was written", () => {
  fc.assert(fc.property(changes, (change) => assertEquals(decodeChange(encodeChange(change)), change)));
});

Deno.test("a change has one encoding: no byte more, fewer or other reads as the same one", () => {
  fc.assert(fc.property(changes, fc.nat(), fc.integer({ min: 1, max: 255 }), (change, place, by) => {
    const bytes = encodeChange(change);
    assertEquals(decodeChange(bytes.subarray(0, place % bytes.length)), null);
    assertEquals(decodeChange(Uint8Array.of(...bytes, 0)), null);
    const other = bytes.slice();
    other[place % bytes.length]! ^= by;
    const read = decodeChange(other);
    if (read !== null) assertEquals(encodeChange(read), other);
  }));
});

Deno.test("garbage is no change, and nothing throws", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
    const read = decodeChange(bytes);
    if (read !== null) assertEquals(encodeChange(read), bytes);
  }));
});

Deno.test("the largest change fits a command; beyond its bounds it is neither written nor read", () => {
  const most = sample(2, MAX_CHANGE_SIGNATURES, LIMITS.maxChangeBytes);
  const bytes = encodeChange(most);
  assertEquals(decodeChange(bytes), most);
  assertEquals(bytes.length <= LIMITS.maxCommandBytes, true);
  for (
    const wrong of [
      sample(1),
      sample(2, 0),
      sample(2, MAX_CHANGE_SIGNATURES + 1),
      sample(2, 1, LIMITS.maxChangeBytes + 1),
      { ...sample(2, 2), signatures: sample(2, 2).signatures.toReversed() },
      { ...sample(), signatures: [...sample().signatures, ...sample().signatures] },
    ]
  ) {
    assertThrows(() => encodeChange(wrong), RangeError, "wanted");
  }
});

Deno.test("results are read as they were written, and no others", () => {
  const refusals: readonly (ChangeRefusal | null)[] = [
    ...[null, "epoch", "previous", "signature", "operators", "difference", "roster", "successor", "malformed"] as const,
  ];
  const found = digest("ef".repeat(DIGEST_BYTES));
  for (const [code, refusal] of refusals.entries()) {
    const bytes = encodeChangeResult({ refusal, epoch: 7, digest: found });
    assertEquals([bytes[0], bytes.length], [code, 1 + 8 + DIGEST_BYTES]);
    assertEquals(decodeChangeResult(bytes), { refusal, epoch: 7, digest: found });
    assertEquals(decodeChangeResult(bytes.subarray(1)), null);
    assertEquals(decodeChangeResult(Uint8Array.of(...bytes, 0)), null);
    assertEquals(decodeChangeResult(Uint8Array.of(refusals.length, ...bytes.subarray(1))), null);
  }
});
