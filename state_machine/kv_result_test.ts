import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { LIMITS } from "../protocol/limits.ts";
import { key, value } from "../tests/support/kv_values.ts";
import { decodeKvResult, encodeKvResult, type KvResult } from "./kv_result.ts";

const bytes = (hex: string) => Uint8Array.fromHex(hex.replaceAll(" ", ""));

const LAYOUTS: [KvResult, string][] = [
  [{ status: "written", revision: 9 }, "01 01 0000000000000009"],
  [{ status: "refused", revision: 0 }, "01 02 0000000000000000"],
  [
    { status: "value", storeRevision: 9, revision: 4, value: new Uint8Array([7]) },
    "01 03 0000000000000009 0000000000000004 00000001 07",
  ],
  [{ status: "absent", storeRevision: 9 }, "01 04 0000000000000009"],
  [{ status: "current", revision: 4, value: new Uint8Array([7]) }, "01 08 0000000000000004 00000001 07"],
  [
    { status: "list", storeRevision: 9, more: true, items: [{ key: "k", revision: 4, value: new Uint8Array([7]) }] },
    "01 05 0000000000000009 01 00000001 0001 6b 0000000000000004 00000001 07",
  ],
  [{ status: "malformed" }, "01 06"],
  [{ status: "not-a-query" }, "01 07"],
];

Deno.test("every result has the documented bytes", () => {
  for (const [given, hex] of LAYOUTS) {
    assertEquals(encodeKvResult(given), bytes(hex));
    assertEquals(decodeKvResult(bytes(hex)), given);
  }
});

const MALFORMED: [string, string][] = [
  ["nothing", ""],
  ["another version", "02 06"],
  ["an unknown status", "01 09"],
  ["a revision that ends early", "01 01 00000000000000"],
  ["bytes left over", "01 06 00"],
  ["a flag that is neither 0 nor 1", "01 05 0000000000000009 02 00000000"],
  ["a count beyond its items", "01 05 0000000000000009 00 ffffffff"],
  ["fewer items than bytes", "01 05 0000000000000009 00 00000000 0001 6b 0000000000000004 00000000"],
];

for (const [what, hex] of MALFORMED) {
  Deno.test(`a result with ${what} is malformed`, () => assertEquals(decodeKvResult(bytes(hex)), null));
}

Deno.test("a result longer than any may be is malformed before it is read", () => {
  assertEquals(decodeKvResult(new Uint8Array(LIMITS.maxResultBytes + 1).fill(1)), null);
});

Deno.test("a list comes back as it was", () => {
  const revision = fc.nat();
  const items = fc.array(fc.record({ key, revision, value }));
  const list = fc.record({ status: fc.constant("list" as const), storeRevision: revision, more: fc.boolean(), items });
  fc.assert(fc.property(list, (given) => assertEquals(decodeKvResult(encodeKvResult(given)), given)));
});
