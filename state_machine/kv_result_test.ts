import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { LIMITS } from "../protocol/limits.ts";
import { key, value } from "../tests/support/kv/kv_values.ts";
import { decodeKvResult, encodeKvResult, type KvResult } from "./kv_result.ts";

const bytes = (hex: string) => Uint8Array.fromHex(hex.replaceAll(" ", ""));

const LAYOUTS: [KvResult, string][] = [
  [{ status: "written", revision: 9 }, "02 01 0000000000000009"],
  [{ status: "refused", revision: 0 }, "02 02 0000000000000000"],
  [
    { status: "value", storeRevision: 9, revision: 4, createRevision: 3, value: new Uint8Array([7]) },
    "02 03 0000000000000009 0000000000000004 0000000000000003 00000001 07",
  ],
  [{ status: "absent", storeRevision: 9 }, "02 04 0000000000000009"],
  [
    { status: "current", revision: 4, createRevision: 3, value: new Uint8Array([7]) },
    "02 08 0000000000000004 0000000000000003 00000001 07",
  ],
  [
    {
      ...{ status: "list", storeRevision: 9, more: true },
      items: [{ key: "k", revision: 4, createRevision: 3, value: new Uint8Array([7]) }],
    },
    "02 05 0000000000000009 01 00000001 0001 6b 0000000000000004 0000000000000003 00000001 07",
  ],
  [
    { status: "keys", storeRevision: 9, more: false, items: [{ key: "k", revision: 4, createRevision: 3 }] },
    "02 09 0000000000000009 00 00000001 0001 6b 0000000000000004 0000000000000003",
  ],
  [
    {
      ...{ status: "txn", succeeded: true, storeRevision: 9 },
      results: [{ status: "written", revision: 9 }, { status: "absent", storeRevision: 9 }],
    },
    "02 0a 01 0000000000000009 02 01 0000000000000009 04 0000000000000009",
  ],
  [{ status: "too-large" }, "02 0b"],
  [{ status: "malformed" }, "02 06"],
  [{ status: "not-a-query" }, "02 07"],
];

Deno.test("every result has the documented bytes", () => {
  for (const [given, hex] of LAYOUTS) {
    assertEquals(encodeKvResult(given), bytes(hex));
    assertEquals(decodeKvResult(bytes(hex)), given);
  }
});

const MALFORMED: [string, string][] = [
  ["nothing", ""],
  ["another version", "01 06"],
  ["an unknown status", "02 11"],
  ["a revision that ends early", "02 01 00000000000000"],
  ["bytes left over", "02 06 00"],
  ["a flag that is neither 0 nor 1", "02 05 0000000000000009 02 00000000"],
  ["a count beyond its items", "02 05 0000000000000009 00 ffffffff"],
  ["fewer items than bytes", "02 05 0000000000000009 00 00000000 0001 6b 0000000000000004 0000000000000004 00000000"],
  ["more results than a transaction has operations", "02 0a 01 0000000000000009 41"],
  ["a result within a transaction that no operation has", "02 0a 01 0000000000000009 01 06"],
  ["a transaction within a transaction", "02 0a 01 0000000000000009 01 0a 01 0000000000000009 00"],
];

for (const [what, hex] of MALFORMED) {
  Deno.test(`a result with ${what} is malformed`, () => assertEquals(decodeKvResult(bytes(hex)), null));
}

Deno.test("a result longer than any may be is malformed before it is read", () => {
  assertEquals(decodeKvResult(new Uint8Array(LIMITS.maxResultBytes + 1).fill(1)), null);
});

Deno.test("a list comes back as it was", () => {
  const revision = fc.nat();
  const items = fc.array(fc.record({ key, revision, createRevision: revision, value }));
  const list = fc.record({ status: fc.constant("list" as const), storeRevision: revision, more: fc.boolean(), items });
  fc.assert(fc.property(list, (given) => assertEquals(decodeKvResult(encodeKvResult(given)), given)));
});
