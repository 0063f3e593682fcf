import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { canonicalJson } from "./canonical_json.ts";

Deno.test("keys are sorted at every level and white space is gone", () => {
  const value = { b: [1, { z: null, a: true }], a: 'é"\n', "": -0, B: {} };
  assertEquals(canonicalJson(value), String.raw`{"":0,"B":{},"a":"é\"\n","b":[1,{"a":true,"z":null}]}`);
});

Deno.test("members are in the order of their names' UTF-16 code units, as RFC 8785 (JCS) has it, not of code points", () => {
  const names = ["\u20ac", "\r", "\ufb33", "1", "\u{1f600}", "\u0080", "\u00f6", "10", "9"];
  const text = canonicalJson(Object.fromEntries(names.map((name, i) => [name, i])));
  assertEquals(text, '{"\\r":1,"1":3,"10":7,"9":8,"\u0080":5,"\u00f6":6,"\u20ac":0,"\u{1f600}":4,"\ufb33":2}');
});

const { value: documents } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger(),
    fc.string({ unit: "grapheme" }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

Deno.test("reads back as the same value, and the order of keys does not matter", () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).reverse().map(([name, member]) => [name, reversed(member)]));
  };
  fc.assert(fc.property(documents, (value) => {
    const text = canonicalJson(value);
    assertEquals(canonicalJson(JSON.parse(text)), text);
    assertEquals(canonicalJson(reversed(value)), text);
    assertEquals(JSON.parse(text), JSON.parse(JSON.stringify(value)));
  }));
});

Deno.test("what two programs might write differently is refused", () => {
  for (const value of [undefined, 0.5, NaN, 2 ** 53, 1n, "\ud800", { a: undefined }, [Symbol.iterator]]) {
    assertThrows(() => canonicalJson(value), TypeError, "canonical JSON");
  }
});

Deno.test("texts that are kept are those that are written, and are written once", () => {
  const known = new WeakMap<object, string>();
  const [line, other] = [{ b: 1, a: ["x", { z: null }] }, { c: 2 }];
  const value = { lines: [line, other], top: { line } };
  assertEquals(canonicalJson(value, known), canonicalJson(value));
  assertEquals(known.get(line), canonicalJson(line));
  known.set(other, "kept");
  assertEquals(canonicalJson([other, line], known), `[kept,${canonicalJson(line)}]`);
});
