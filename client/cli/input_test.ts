import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../errors.ts";
import { type Line, readAll, readLines } from "./input.ts";

const utf8 = new TextEncoder();
const streamOf = (chunks: readonly Uint8Array[]) => ReadableStream.from(chunks) as ReadableStream<Uint8Array>;

const text = (line: string): Line => ({ kind: "text", text: line });
const TOO_LONG: Line = { kind: "too-long" };
const NOT_UTF8: Line = { kind: "not-utf8" };

async function linesOf(chunks: readonly Uint8Array[], max: number): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of readLines(streamOf(chunks), max)) lines.push(line);
  return lines;
}

Deno.test("input: lines come out whole however the bytes are cut", () =>
  fc.assert(fc.asyncProperty(
    fc.array(fc.stringMatching(/^[ -~äß€]{0,8}$/), { minLength: 1, maxLength: 6 }),
    fc.integer({ min: 1, max: 9 }),
    async (lines, size) => {
      const bytes = utf8.encode(lines.map((line) => `${line}\n`).join(""));
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.slice(i * size, (i + 1) * size));
      assertEquals(await linesOf(chunks, 100), lines.map(text));
    },
  )));

Deno.test("input: a last line needs no end, and CRLF is an end", async () => {
  assertEquals(await linesOf([utf8.encode("a\r\nb")], 10), ["a", "b"].map(text));
  assertEquals(await linesOf([], 10), []);
});

Deno.test("input: a line beyond the bound is reported once and not kept", async () => {
  const chunks = ["12345", "67890", "12345", "\nok\n", "toolongline\nok"].map((text) => utf8.encode(text));
  assertEquals(await linesOf(chunks, 6), [TOO_LONG, text("ok"), TOO_LONG, text("ok")]);
  assertEquals(await linesOf([utf8.encode("1234567")], 6), [TOO_LONG]);
});

Deno.test("input: a line whose bytes are not UTF-8 is told, and its neighbours are lines", async () => {
  const bytes = [...utf8.encode("a\n"), 0x63, 0xfe, 0x0a, ...utf8.encode("\ufffd\n"), 0xe2, 0x82];
  for (const size of [1, 2, 100]) {
    const chunks = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, i) => new Uint8Array(bytes.slice(i * size, (i + 1) * size)),
    );
    assertEquals(await linesOf(chunks, 10), [text("a"), NOT_UTF8, text("\ufffd"), NOT_UTF8]);
  }
});

Deno.test("input: a value is read whole, and refused beyond the bound", async () => {
  assertEquals(await readAll(streamOf([utf8.encode("ab"), utf8.encode("c")]), 3), utf8.encode("abc"));
  await assertRejects(
    () => readAll(streamOf([utf8.encode("ab"), utf8.encode("cd")]), 3),
    UsageError,
    "more than 3 bytes",
  );
});
