import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { KV_LIMITS } from "./kv_limits.ts";
import type { ListItem } from "./kv_result.ts";
import { readSnapshot, snapshotChunks } from "./kv_snapshot.ts";

/** `count` items of about `size` bytes with revisions 1…count. */
function items(count: number, size: number): ListItem[] {
  return Array.from({ length: count }, (_, i) => ({
    key: `key-${String(i).padStart(6, "0")}`,
    revision: i + 1,
    value: new Uint8Array(size).fill(i),
  }));
}
const chunksOf = (given: readonly ListItem[], revision = given.length) => [
  ...snapshotChunks(revision, given.length, given),
];
const joined = (chunks: readonly Uint8Array[]) => new Uint8Array(chunks.flatMap((chunk) => [...chunk]));

Deno.test("an empty store has one chunk", () => {
  assertEquals(chunksOf([]).map((chunk) => chunk.toHex()), ["01" + "00".repeat(12)]);
  assertEquals(readSnapshot(chunksOf([], 5)), { revision: 5, items: [] });
});

Deno.test("chunks are as full as they can be and come back as the state they were made of", () => {
  for (const [count, size] of [[1, 0], [100, 65_536], [5000, 100]] as const) {
    const given = items(count, size);
    const chunks = chunksOf(given);
    assert(chunks.every((chunk) => chunk.length <= KV_LIMITS.maxChunkBytes));
    for (const chunk of chunks.slice(0, -1)) assert(chunk.length > KV_LIMITS.maxChunkBytes - size - 40);
    assertEquals(readSnapshot(chunks), { revision: count, items: given });
  }
});

Deno.test("only the canonical chunks of a state are accepted", () => {
  const chunks = chunksOf(items(10, 50_000));
  const [first = new Uint8Array(), second = new Uint8Array(), ...rest] = chunks;
  const refused = (given: Uint8Array[], message: string) =>
    assertThrows(() => readSnapshot(given), RangeError, message);
  refused([first], "announces 10 keys: it holds 5");
  refused([first, ...rest], "announces 10 keys: it holds 5");
  refused([second, first, ...rest], "Snapshot chunk 1");
  refused([first, second.slice(0, -1), ...rest], "Snapshot chunk 2 ends inside a record");
  refused([first, new Uint8Array(), second, ...rest], "Snapshot chunk 2 ends inside a record");
  refused([first, first, ...rest], "Snapshot chunk 2");
  refused([new Uint8Array(KV_LIMITS.maxChunkBytes + 1)], "at most 262144 are allowed");
  const [five = new Uint8Array(), one = new Uint8Array()] = chunksOf(items(6, 50_000));
  const record = 50_000 + 14 + 10;
  refused([five.slice(0, -record), joined([five.slice(-record), one])], "belongs into the chunk before");
});

Deno.test("keys out of order and impossible revisions are refused", () => {
  const [a, b] = [{ key: "a", revision: 1, value: new Uint8Array() }, {
    key: "b",
    revision: 2,
    value: new Uint8Array(),
  }];
  const refused = (given: ListItem[], revision: number, message: string) =>
    assertThrows(() => readSnapshot(chunksOf(given, revision)), RangeError, message);
  refused([b, a], 2, "keys out of order");
  refused([a, a], 2, "keys out of order");
  refused([a, b], 1, "impossible key revision 2");
  refused([a, { ...b, revision: 0 }], 2, "impossible key revision 0");
  refused([a, { ...b, revision: 1 }], 2, "impossible key revision 1");
});

Deno.test("whatever byte changes, a snapshot is refused or is another state's own", () => {
  const [chunk = new Uint8Array()] = chunksOf(items(5, 3), 9);
  fc.assert(
    fc.property(fc.nat({ max: chunk.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
      const changed = chunk.slice();
      changed[at] = byte;
      try {
        const state = readSnapshot([changed]);
        assertEquals(chunksOf(state.items, state.revision), [changed]);
      } catch (error) {
        assert(error instanceof RangeError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});
