import { assert, assertEquals, assertThrows } from "@std/assert";
import { ByteWriter } from "./byte_writer.ts";
import { ScratchWriter } from "./scratch_writer.ts";

Deno.test("numbers are big-endian, and a buffer grows with what is written", () => {
  const writer = new ByteWriter(1).u8(1).u16(2).u32(3).u64(2 ** 32 + 4);
  assertEquals(writer.size, 1 + 2 + 4 + 8);
  assertEquals(writer.finish().toHex(), "01" + "0002" + "00000003" + "0000000100000004");
});

Deno.test("what is handed out is never written to again, be the buffer just full or larger", () => {
  for (const capacity of [1, 2, 8]) {
    const writer = new ByteWriter(capacity).u16(0x0102);
    const first = writer.finish();
    const second = writer.u8(3).finish();
    assertEquals([[...first], [...second]], [[1, 2], [1, 2, 3]]);
    assertEquals([first.buffer.byteLength, second.buffer === first.buffer], [2, false]);
  }
});

Deno.test("what no reader takes is not written", () => {
  for (const value of [-1, 0.5, 2 ** 53, NaN]) {
    assertThrows(() => new ByteWriter().u64(value), RangeError, `wanted an integer from 0 to 2^53 - 1, given ${value}`);
  }
  assertThrows(() => new ByteWriter().bytes(new Uint8Array(3), 2), RangeError, "wanted at most 2 bytes, given 3");
  for (const hex of ["", "0".repeat(63), "0".repeat(66), "0".repeat(63) + "F", "0".repeat(63) + "\u0130"]) {
    assertThrows(() => new ByteWriter().digest(hex), RangeError, "wanted 64 lower-case hexadecimal digits");
  }
});

Deno.test("a scratch writer starts empty again, and gives a large buffer up", () => {
  class Watched extends ScratchWriter {
    get room(): number {
      return this.buffer.length;
    }
  }
  const writer = new Watched(4, 8);
  const first = writer.u32(1).finish();
  assertEquals([[...writer.u8(9).finish()], [...first]], [[9], [0, 0, 0, 1]]);
  assertEquals(writer.raw(new Uint8Array(8)).size, 8);
  writer.reset();
  assertEquals([writer.size, writer.room], [0, 8]);
  writer.raw(new Uint8Array(9));
  assert(writer.room > 8);
  writer.reset();
  assertEquals([writer.size, writer.room], [0, 4]);
});
