import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { entry, signed } from "../../tests/support/arbitraries.ts";
import { messages } from "../../tests/support/arbitraries.ts";
import { CanonicalBytes } from "./canonical_bytes.ts";

const canonical = new CanonicalBytes();
const bytesOf = (value: unknown): string => canonical.encode(value).toHex();

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, false, 0, 1, "", "a", "0"),
    fc.double({ noNaN: true }),
    fc.string({ unit: "grapheme" }),
    fc.uint8Array({ maxLength: 3 }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "ab"), tie("value"), { noNullPrototype: true }),
  ),
})).value;

/** Another encoding in which different values differ; slow and simple. */
const spelled = (value: unknown): string => {
  if (value instanceof Uint8Array) return `bytes(${value})`;
  if (Array.isArray(value)) return `[${value.map(spelled)}]`;
  if (typeof value === "object" && value !== null) {
    return `{${
      Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([name, each]) => `${name}:${spelled(each)}`)
    }}`;
  }
  return Object.is(value, -0) ? "-0" : JSON.stringify(value);
};

Deno.test("values differ if and only if their canonical bytes do", () => {
  fc.assert(fc.property(plain, plain, (a, b) => {
    assertEquals(bytesOf(a), bytesOf(structuredClone(a)));
    assertEquals(bytesOf(a) === bytesOf(b), spelled(a) === spelled(b));
  }));
});

Deno.test("the order in which members were made does not show, the order of a list does", () => {
  assertEquals(bytesOf({ a: 1, b: [1, 2] }), bytesOf({ b: [1, 2], a: 1 }));
  assertNotEquals(bytesOf([1, 2]), bytesOf([2, 1]));
  assertNotEquals(bytesOf(["ab", "c"]), bytesOf(["a", "bc"]));
});

Deno.test("a signed body and an entry count by their bytes, not by the views of them", () => {
  fc.assert(fc.property(signed(messages.Vote), entry, (vote, given) => {
    assertEquals(bytesOf(vote), bytesOf({ body: vote.body, signature: vote.signature }));
    assertEquals(bytesOf(given), bytesOf({ ...given, requests: null }));
    assertNotEquals(bytesOf(given), bytesOf({ ...given, body: Uint8Array.of(...given.body, 1) }));
  }));
});

Deno.test("long values are no matter, strange ones are refused", () => {
  const long = new Uint8Array(5 * 1024 * 1024);
  assertEquals(canonical.encode([long, "é".repeat(40_000)]).length, 5 + 5 + long.length + 5 + 80_000);
  assertEquals(bytesOf([]), "0600000000");
  for (const strange of [undefined, new Map(), new Set(), () => 1, 1n, Symbol("x"), new Date(0), [undefined]]) {
    assertThrows(() => canonical.encode(strange), TypeError, "wanted plain data");
  }
});
