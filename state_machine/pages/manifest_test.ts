import { assertEquals, assertThrows } from "@std/assert";
import { sha256Hex } from "../../crypto/digest.ts";
import { KV_LIMITS } from "../kv_limits.ts";
import { indexesFor, makeManifest, readHead, readIndex } from "./manifest.ts";

const digests = (count: number) => Array.from({ length: count }, (_, i) => sha256Hex(Uint8Array.of(i >> 8, i)));

Deno.test("an empty store's head is its version and four zeros", () => {
  const { chunks } = makeManifest({ revision: 0, keys: 0 }, 0, []);
  assertEquals(chunks.map((chunk) => chunk.toHex()), ["03" + "00".repeat(24)]);
});

Deno.test("a manifest of any size comes back, in chunks within their bound", () => {
  const full = KV_LIMITS.maxIndexDigests;
  for (const [count, indexes] of [[1, 1], [full, 1], [full + 1, 2], [3 * full - 1, 3]] as const) {
    const given = digests(count);
    const { chunks, digests: own } = makeManifest({ revision: 2 ** 40, keys: count + 7 }, count - 1, given);
    assertEquals([chunks.length, indexesFor(count), own], [1 + indexes, indexes, chunks.map(sha256Hex)]);
    assertEquals(chunks.filter((chunk) => chunk.length > KV_LIMITS.maxChunkBytes), []);
    const head = readHead(chunks[0]!);
    assertEquals(head, {
      ...{ revision: 2 ** 40, keys: count + 7, pages: count - 1, historyPages: 1, indexes: own.slice(1) },
    });
    const read = chunks.slice(1).flatMap((chunk, at) => readIndex(count, at, chunk));
    assertEquals(read, given);
  }
});

Deno.test("an index chunk of another length than it must have is refused", () => {
  assertThrows(() => readIndex(1, 0, new Uint8Array(64)), RangeError, "holds 64 bytes of digests, 32 are wanted for 1");
});
