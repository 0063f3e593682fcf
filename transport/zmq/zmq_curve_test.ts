import { assertEquals, assertThrows } from "@std/assert";
import { z85 } from "./zmq_curve.ts";

Deno.test("Z85 of the specification's example, and of nothing", () => {
  assertEquals(z85(Uint8Array.fromHex("864fd26fb559f75b")), "HelloWorld");
  assertEquals(z85(new Uint8Array(0)), "");
  assertEquals(z85(new Uint8Array(4).fill(255)), "%nSc0");
  assertThrows(() => z85(new Uint8Array(5)), RangeError, "multiple of 4");
});
