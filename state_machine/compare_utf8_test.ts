import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { compareUtf8 } from "./compare_utf8.ts";

/** Code points from every part of UTF-8, those around the surrogates most of all. */
const text = fc.string({
  unit: fc.constantFrom(
    "",
    "\u0000",
    "a",
    "b",
    "\u007f",
    "\u0080",
    "\u07ff",
    "\u0800",
    "\ud7ff",
    "\ue000",
    "\uffff",
    "\u{10000}",
    "\u{10ffff}",
  ),
  maxLength: 4,
});

function compareBytes(a: string, b: string): number {
  const [x, y] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
  const at = x.findIndex((byte, i) => byte !== y[i]);
  return at < 0 ? x.length - y.length : (x[at] ?? 0) - (y[at] ?? -1);
}

Deno.test("compareUtf8 orders as the bytes do, above the surrogates too", () => {
  assertEquals(Math.sign(compareUtf8("\uffff", "\u{10000}")), -1);
  fc.assert(
    fc.property(text, text, (a, b) => assertEquals(Math.sign(compareUtf8(a, b)), Math.sign(compareBytes(a, b)))),
    { numRuns: 2000 },
  );
});
