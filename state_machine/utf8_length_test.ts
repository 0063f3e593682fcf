import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { utf8Length } from "./utf8_length.ts";

Deno.test("utf8Length counts what TextEncoder writes", () => {
  const encoder = new TextEncoder();
  const edges = ["", "\u007f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}"];
  for (const text of [...edges, edges.join("")]) assertEquals(utf8Length(text), encoder.encode(text).length, text);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
      assertEquals(utf8Length(text), encoder.encode(text).length);
    }),
    { numRuns: 500 },
  );
});
