import { assert } from "@std/assert";
import { equalBytes } from "./equal_bytes.ts";

Deno.test("bytes are equal only in full", () => {
  assert(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
  assert(equalBytes(new Uint8Array(0), new Uint8Array(0)));
  assert(!equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1)));
  assert(!equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
});
