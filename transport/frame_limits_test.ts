import { assertEquals, assertThrows } from "@std/assert";
import { LIMITS } from "../protocol/limits.ts";
import { assertFrames, totalBytes, withinLimits } from "./frame_limits.ts";

const list = (count: number, bytes: number) => Array.from({ length: count }, () => new Uint8Array(bytes));

Deno.test("frame lists are bounded in frames and in bytes of all frames", () => {
  assertEquals(totalBytes(list(3, 5)), 15);
  assertEquals([0, 1, LIMITS.maxFrames, LIMITS.maxFrames + 1].map((count) => withinLimits(list(count, 1), 100)), [
    false,
    true,
    true,
    false,
  ]);
  assertEquals([withinLimits(list(2, 50), 100), withinLimits(list(2, 51), 100)], [true, false]);
});

Deno.test("nothing cannot be sent", () => {
  assertFrames(list(1, 0));
  assertThrows(() => assertFrames([]), RangeError, "0 frames");
});
