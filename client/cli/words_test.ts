import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../errors.ts";
import { splitWords } from "./words.ts";

Deno.test("words: spaces divide, quotes and backslashes keep", () => {
  assertEquals(splitWords("  put\tkey  value "), ["put", "key", "value"]);
  assertEquals(splitWords(`put "a b" 'c "d"' e\\ f`), ["put", "a b", 'c "d"', "e f"]);
  assertEquals(splitWords(`put k ""`), ["put", "k", ""]);
  assertEquals(splitWords(`a"b"'c'd`), ["abcd"]);
  assertEquals(splitWords(`'a\\b' "a\\"b"`), ["a\\b", 'a"b']);
  assertEquals(splitWords(""), []);
});

Deno.test("words: an open quote or a last backslash is refused", () => {
  assertThrows(() => splitWords(`put "a`), UsageError, 'a " that is not closed');
  assertThrows(() => splitWords("put 'a"), UsageError, "a ' that is not closed");
  assertThrows(() => splitWords("put a\\"), UsageError, "backslash");
});

Deno.test("words: quoting any words and splitting gives them back", () => {
  const quote = (word: string) => `"${word.replace(/["\\]/g, "\\$&")}"`;
  fc.assert(fc.property(fc.array(fc.string()), (words) => {
    assertEquals(splitWords(words.map(quote).join(" ")), words);
  }));
});
