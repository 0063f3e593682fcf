import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { sha256Hex } from "../../crypto/digest.ts";
import type { Digest } from "../ids.ts";
import { InvariantError } from "../invariant.ts";
import { LIMITS } from "../limits.ts";
import { makeManifest, type ManifestHead, readManifestHead, readManifestList } from "./snapshot_manifest.ts";

const digestsOf = (count: number): Digest[] =>
  Array.from({ length: count }, (_, i) => sha256Hex(Uint8Array.of(i >> 16, i >> 8, i)));
const refused = (bytes: Uint8Array, message: string) => {
  assertThrows(() => readManifestHead(bytes), RangeError, `A snapshot's head ${message}`);
};
const headBytes = (digests: readonly Digest[], sessionChunks = 0) =>
  makeManifest(sha256Hex, { sessionChunks, digests }).head.bytes;

Deno.test("§8.3 a manifest of any size comes back, in chunks within their bound", () => {
  const full = LIMITS.maxListDigests;
  for (const [count, lists] of [[0, 0], [1, 1], [full, 1], [full + 1, 2], [3 * full - 1, 3]] as const) {
    const digests = digestsOf(count);
    const made = makeManifest(sha256Hex, { sessionChunks: Math.floor(count / 2), digests });
    for (const { digest, bytes } of [made.head, ...made.lists]) {
      assertEquals(sha256Hex(bytes), digest);
      assert(bytes.length <= LIMITS.maxChunkBytes);
    }
    const head = readManifestHead(made.head.bytes);
    const wanted: ManifestHead = {
      ...{ sessionChunks: Math.floor(count / 2), chunks: count },
      lists: made.lists.map(({ digest }) => digest),
    };
    assertEquals([head, head.lists.length], [wanted, lists]);
    assertEquals(made.lists.flatMap(({ bytes }, at) => readManifestList(head, at, bytes)), digests);
  }
});

Deno.test("§8.3 the head of an empty snapshot, and of a known one, is what it was when replicas certified it", () => {
  assertEquals(headBytes([]).toHex(), "02" + "00".repeat(8));
  const { head } = makeManifest(sha256Hex, { sessionChunks: 2, digests: digestsOf(5) });
  assertEquals([head.bytes.length, head.bytes.subarray(0, 9).toHex()], [41, "020000000200000005"]);
  assertEquals(head.digest as string, "e88114588672063a9566768be204433c9fe5ca28838bad3925b3a0ed5b88ab5f");
});

Deno.test("§8.3 a head that no snapshot has is refused in words, before it costs anything", () => {
  const head = headBytes(digestsOf(5), 2);
  refused(new Uint8Array(), "has 0 bytes, at least 9 are wanted");
  refused(head.slice(0, 8), "has 8 bytes, at least 9 are wanted");
  refused(head.with(0, 1), "has version 1, 2 is wanted");
  refused(head.with(4, 6), "announces 6 chunks of sessions among 5 chunks");
  refused(head.slice(0, -1), "holds 31 bytes of digests, 32 are wanted for 1");
  refused(Uint8Array.of(...head, 0), "holds 33 bytes of digests, 32 are wanted for 1");
  refused(head.with(7, 16), "holds 32 bytes of digests, 64 are wanted for 2");
  refused(head.with(5, 255), "announces 4278190085 chunks, at most 83881984 have room");
  refused(new Uint8Array(LIMITS.maxChunkBytes + 1), "has 655361 bytes, at most 655360 are allowed");
});

Deno.test("§8.3 a list of another length or place is refused", () => {
  const { head, lists } = makeManifest(sha256Hex, { sessionChunks: 0, digests: digestsOf(LIMITS.maxListDigests + 3) });
  const read = readManifestHead(head.bytes);
  const last = lists[1]!.bytes;
  assertThrows(
    () => readManifestList(read, 0, last),
    RangeError,
    "A snapshot's list 0 holds 96 bytes of digests, 131072",
  );
  assertThrows(() => readManifestList(read, 1, last.subarray(1)), RangeError, "list 1 holds 95 bytes");
  for (const at of [2, -1, 0.5]) {
    assertThrows(
      () => readManifestList(read, at, last),
      RangeError,
      `List ${at} of a snapshot's manifest is asked for, it has 2`,
    );
  }
});

Deno.test("§8.3 any bytes are refused or are the one head of what they say", () => {
  const five = headBytes(digestsOf(5), 2);
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.tuple(fc.nat(five.length - 1), fc.nat(255)).map(([at, byte]) => five.with(at, byte)),
  );
  fc.assert(fc.property(bytes, (given) => {
    try {
      const { sessionChunks, chunks, lists } = readManifestHead(given);
      assert(sessionChunks <= chunks && lists.length === Math.ceil(chunks / LIMITS.maxListDigests));
      assertEquals(given.subarray(9).toHex(), lists.join(""));
    } catch (error) {
      assert(error instanceof RangeError && error.message.startsWith("A snapshot's head "), String(error));
    }
  }));
});

Deno.test("§8.3 a list of chunks that cannot be is our own mistake", () => {
  assertThrows(
    () => makeManifest(sha256Hex, { sessionChunks: 1, digests: [] }),
    InvariantError,
    "1 of them of sessions",
  );
});
