import { assertEquals, assertStrictEquals } from "@std/assert";
import { concatBytes } from "./concat_bytes.ts";

Deno.test("parts are put together in their order; of none there are no bytes, and one is not copied", () => {
  const [one, two, none] = [Uint8Array.of(1, 2), Uint8Array.of(3), new Uint8Array()];
  assertEquals(concatBytes([one, none, two]), Uint8Array.of(1, 2, 3));
  assertEquals(concatBytes([]), none);
  assertStrictEquals(concatBytes([one]), one);
});
