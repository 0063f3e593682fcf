import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createVerifiedCache } from "./verified_cache.ts";

Deno.test("never holds more than its maximum, and only what was added", () => {
  const operations = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 30 })), { maxLength: 300 });
  fc.assert(fc.property(fc.integer({ min: 2, max: 20 }), operations, (maximum, list) => {
    const cache = createVerifiedCache(maximum);
    const added = new Set<string>();
    for (const [isAdd, number] of list) {
      const key = String(number);
      if (isAdd) {
        cache.add(key);
        added.add(key);
        assert(cache.has(key), "what was added last is there");
      } else if (cache.has(key)) assert(added.has(key));
      assert(cache.size <= maximum);
    }
  }));
});

Deno.test("the last half of the maximum is always remembered", () => {
  const cache = createVerifiedCache(10);
  for (let i = 0; i < 100; i++) {
    cache.add(`k${i}`);
    for (let j = Math.max(0, i - 4); j <= i; j++) assert(cache.has(`k${j}`), `k${j} after k${i}`);
  }
});

Deno.test("what is asked for again survives a flood of others", () => {
  const cache = createVerifiedCache(10);
  cache.add("kept");
  for (let i = 0; i < 1000; i++) {
    cache.add(`flood ${i}`);
    assert(cache.has("kept"));
  }
  assert(!cache.has("flood 1"));
});

Deno.test("a key that moves to the young generation is counted once", () => {
  const cache = createVerifiedCache(4);
  for (const key of ["a", "b", "c"]) cache.add(key); // a and b are old now
  assert(cache.has("a"));
  assertEquals(cache.size, 3);
});

Deno.test("a maximum that cannot hold two generations is refused", () => {
  for (const maximum of [0, 1, -1, 2.5, NaN]) {
    assertThrows(() => createVerifiedCache(maximum), RangeError, `given ${maximum}`);
  }
  assertEquals(createVerifiedCache(2).size, 0);
});
