import { assert, assertEquals, assertThrows } from "@std/assert";
import { LIMITS } from "../../protocol/limits.ts";
import { Writer } from "./writer.ts";

Deno.test("a writer grows, keeps what was written, and starts empty again", () => {
  const writer = new Writer();
  const large = new Uint8Array(1_000_000).fill(9);
  writer.u32(0x01020304);
  writer.raw(large);
  writer.u8(7);
  const written = writer.finish();
  assertEquals([...written.subarray(0, 5)], [1, 2, 3, 4, 9]);
  assertEquals([written.length, written.at(-1)], [1_000_005, 7]);
  writer.u8(1);
  const next = writer.finish();
  assertEquals(next, Uint8Array.of(1));
  assert(next.buffer !== written.buffer && next.buffer.byteLength === 1, "what is handed out is the caller's own");
});

Deno.test("a writer stops at the largest packet", () => {
  const writer = new Writer();
  writer.field = "entries";
  writer.raw(new Uint8Array(LIMITS.maxPacketBytes));
  assertThrows(() => writer.u8(0), RangeError, "cannot encode entries: wanted at most 4194304 bytes in all");
});

Deno.test("after a failed write the next value starts clean", () => {
  const writer = new Writer();
  writer.u8(5);
  assertThrows(() => writer.id("not an id"), RangeError);
  writer.reset();
  writer.id("r1");
  assertEquals(writer.finish(), Uint8Array.of(2, 0x72, 0x31));
});
