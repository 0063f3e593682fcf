import { assertEquals } from "@std/assert";
import { ByteReader } from "./byte_reader.ts";
import { ByteWriter } from "./byte_writer.ts";

const bytesOf = (hex: string): Uint8Array => Uint8Array.fromHex(hex);

Deno.test("fields are read back as they were written, byte fields as views", () => {
  const digest = "0123456789abcdef".repeat(4);
  const bytes = new ByteWriter().u8(7).u16(600).u32(70_000).u64(Number.MAX_SAFE_INTEGER).bytes(Uint8Array.of(1, 2))
    .raw(Uint8Array.of(3)).digest(digest).u16(3).utf8("aé", 3).u8(1).finish();
  const reader = new ByteReader(bytes);
  assertEquals([reader.u8(), reader.u16(), reader.u32(), reader.u64()], [7, 600, 70_000, Number.MAX_SAFE_INTEGER]);
  const view = reader.bytes(2);
  assertEquals([view.buffer, [...view]], [bytes.buffer, [1, 2]]);
  assertEquals([...reader.raw(1)], [3]);
  assertEquals([reader.digest(), reader.text(1, 3)], [digest, "aé"]);
  assertEquals([reader.more, reader.remaining, reader.flag(), reader.done], [true, 1, true, true]);
});

Deno.test("bytes at an offset in a larger buffer are read from there", () => {
  assertEquals(new ByteReader(bytesOf("ffff0102").subarray(2)).u16(), 0x0102);
});

Deno.test("after the first fault a reader gives neutral values, and is never done", () => {
  const faults: Readonly<Record<string, (reader: ByteReader) => unknown>> = {
    "0002": (reader) => reader.u32(),
    "0020000000000000": (reader) => reader.u64(),
    "02": (reader) => reader.flag(),
    "0000000361": (reader) => reader.bytes(9),
    "000000036161": (reader) => reader.bytes(2),
    "ff": (reader) => reader.raw(2),
    "0000": (reader) => reader.text(1, 5),
    "00026161": (reader) => reader.text(0, 1),
    "0001ff": (reader) => reader.text(0, 1),
  };
  for (const [hex, read] of Object.entries(faults)) {
    const reader = new ByteReader(Uint8Array.of(...bytesOf(hex), 1, 1, 1, 1, 1, 1, 1, 1).subarray(0, hex.length / 2));
    read(reader);
    const after = [
      reader.u8(),
      reader.u16(),
      reader.u32(),
      reader.u64(),
      reader.flag(),
      reader.text(0, 4),
      reader.raw(1),
    ];
    assertEquals(after, [0, 0, 0, 0, false, "", new Uint8Array()], hex);
    assertEquals([reader.failed, reader.done, reader.more, reader.remaining], [true, false, false, 0], hex);
  }
});

Deno.test("a reader that overrides the fault hears what was wanted", () => {
  const heard: string[] = [];
  class Listening extends ByteReader {
    override fail(fault: string, wanted: string): number {
      heard.push(`${fault}: ${wanted}`);
      return 0;
    }
  }
  new Listening(bytesOf("01")).u16();
  new Listening(bytesOf("ffffffffffffffff")).u64();
  new Listening(bytesOf("00000004")).bytes(3);
  new Listening(bytesOf("07")).flag();
  assertEquals(heard, [
    "truncated: wanted 2 bytes, 1 left",
    "bad-value: wanted an integer of at most 2^53 - 1",
    "too-large: wanted at most 3 bytes, 4 claimed",
    "bad-value: wanted 0 or 1, got 7",
  ]);
});

Deno.test("a text is what was written, ASCII or not, short or long", () => {
  for (const part of ["a", "~\u007f\0", "é", "a\u{10000}", "\ufeff"]) {
    for (const times of [1, 127, 128, 129, 256, 257, 400]) {
      const text = part.repeat(times);
      const bytes = new TextEncoder().encode(text);
      const writer = new ByteWriter().u16(bytes.length).raw(bytes);
      assertEquals(new ByteReader(writer.finish()).text(0, bytes.length), text);
    }
  }
});
