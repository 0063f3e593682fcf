import { assertEquals } from "@std/assert";
import { doubledUpTo } from "./backoff.ts";

Deno.test("waits double up to their cap, however many tries there were", () => {
  assertEquals([0, 1, 2, 3, 50, 5000].map((times) => doubledUpTo(500, 100, times)), [100, 200, 400, 500, 500, 500]);
  assertEquals(doubledUpTo(Number.MAX_VALUE, 1, 2000), 2 ** 31);
});
