import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { digestInto, hex, isHex, sha256, sha256Hex, sha256HexOfTwo, unhex } from "./digest.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

Deno.test("SHA-256 gives the digests of FIPS 180-2", () => {
  assertEquals(sha256Hex(utf8("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assertEquals(sha256Hex(utf8("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});

Deno.test("the digest of two parts is that of their concatenation, as bytes or digits", () => {
  fc.assert(fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
    const joined = Uint8Array.of(...a, ...b);
    assertEquals(sha256HexOfTwo(a, b), sha256Hex(joined));
    assertEquals(hex(sha256(joined)), sha256Hex(joined));
    assertEquals(digestInto(new Uint8Array(32).fill(0xee), sha256Hex(joined)), sha256(joined));
  }));
});

Deno.test("hexadecimal text goes there and back", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    assertEquals(unhex(hex(bytes)), bytes);
    assert(isHex(hex(bytes), bytes.length));
    assert(!isHex(hex(bytes), bytes.length + 1));
  }));
});

Deno.test("only lower-case pairs of digits are hexadecimal text, and a refusal never repeats it", () => {
  for (const text of ["a", "AB", "0g", " 00", "00\n", "0x00", "é0"]) {
    const error = assertThrows(() => unhex(text), TypeError, `given ${text.length} characters`);
    assert(text.length < 2 || !error.message.includes(text));
    assert(!isHex(text, text.length / 2));
  }
});
