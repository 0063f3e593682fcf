import { assertEquals } from "@std/assert";
import { keepParsedKeys } from "./parsed_keys.ts";

/** A lookup of at most three keys, and the first bytes of those that it had parsed. Keys that begin with 0 are none. */
function lookup() {
  const parsed: number[] = [];
  const find = keepParsedKeys((key) => {
    parsed.push(key[0]!);
    return key[0] === 0 ? null : Uint8Array.of(100 + key[0]!);
  }, 3);
  return { parsed, find: (first: number) => find(Uint8Array.of(first, 7))?.[0] ?? null };
}

Deno.test("a key is parsed once, and found by its bytes", () => {
  const { parsed, find } = lookup();
  assertEquals([1, 2, 1, 2, 1].map(find), [101, 102, 101, 102, 101]);
  assertEquals(parsed, [1, 2]);
});

Deno.test("no more keys are kept than the maximum: the oldest goes first", () => {
  const { parsed, find } = lookup();
  for (const first of [1, 2, 3, 4]) find(first);
  assertEquals([2, 3, 4].map(find), [102, 103, 104]);
  assertEquals(parsed, [1, 2, 3, 4]);
  assertEquals(find(1), 101);
  assertEquals(parsed, [1, 2, 3, 4, 1]);
});

Deno.test("what is no key is not remembered and displaces none", () => {
  const { parsed, find } = lookup();
  for (const first of [1, 2, 3, 0, 0]) find(first);
  assertEquals([find(0), find(1)], [null, 101]);
  assertEquals(parsed, [1, 2, 3, 0, 0, 0]);
});
