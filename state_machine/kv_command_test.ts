import { assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { command } from "../tests/support/kv/kv_values.ts";
import { decodeKvCommand, encodeKvCommand, type KvCommand } from "./kv_command.ts";
import { KV_LIMITS } from "./kv_limits.ts";
import type { TransactionOperation } from "./kv_transaction.ts";

const bytes = (hex: string) => Uint8Array.fromHex(hex.replaceAll(" ", ""));

const LAYOUTS: [KvCommand, string][] = [
  [{ op: "put", key: "k", value: new Uint8Array([1, 2]) }, "01 01 0001 6b 00000002 0102"],
  [{ op: "get", key: "é" }, "01 02 0002 c3a9"],
  [{ op: "read", key: "é" }, "01 06 0002 c3a9"],
  [{ op: "cas", key: "k", revision: 2 ** 32 + 5, value: new Uint8Array() }, "01 03 0001 6b 0000000100000005 00000000"],
  [{ op: "delete", key: "k" }, "01 04 0001 6b"],
  [{ op: "list", prefix: "", after: "k", limit: 1000 }, "01 05 0000 0001 6b 000003e8"],
  [
    { op: "range", from: "a", to: "b", after: "", limit: 2, keysOnly: true },
    "01 08 0001 61 0001 62 0000 00000002 01",
  ],
  [
    {
      op: "txn",
      compare: [{ key: "k", target: "revision", is: "=", to: 0 }],
      then: [{ op: "put", key: "k", value: new Uint8Array([7]) }],
      else: [{ op: "get", key: "k" }],
    },
    "01 07 01 01 01 0001 6b 0000000000000000 01 01 0001 6b 00000001 07 01 02 0001 6b",
  ],
  [
    {
      op: "txn",
      compare: [{ key: "k", target: "value", is: "!=", to: new Uint8Array([7]) }, {
        ...{ key: "k", target: "createRevision", is: ">", to: 3 },
      }],
      then: [],
      else: [],
    },
    "01 07 02 03 02 0001 6b 00000001 07 02 04 0001 6b 0000000000000003 00 00",
  ],
];

Deno.test("every command has the documented bytes", () => {
  for (const [given, hex] of LAYOUTS) {
    assertEquals(encodeKvCommand(given), bytes(hex));
    assertEquals(decodeKvCommand(bytes(hex)), given);
  }
});

const MALFORMED: [string, string][] = [
  ["nothing", ""],
  ["no op", "01"],
  ["another version", "02 02 0001 6b"],
  ["an unknown op", "01 09 0001 6b"],
  ["a range that ends where it begins", "01 08 0001 61 0001 61 0000 00000002 01"],
  ["a range that ends before it begins", "01 08 0001 62 0001 61 0000 00000002 01"],
  ["a range with a flag that is neither 0 nor 1", "01 08 0000 0000 0000 00000002 02"],
  ["a transaction that ends early", "01 07 00 00"],
  ["a transaction of too many parts", "01 07 41"],
  ["a transaction that compares with an unknown number", "01 07 01 04 01 0001 6b 0000000000000000 00 00"],
  ["a transaction whose relation is none", "01 07 01 01 05 0001 6b 0000000000000000 00 00"],
  ["a transaction for which one value is less than another", "01 07 01 03 03 0001 6b 00000000 00 00"],
  ["a transaction within a transaction", "01 07 00 01 07 00 00 00 00"],
  ["a transaction that swaps", "01 07 00 01 03 0001 6b 0000000000000000 00000000 00"],
  ["a transaction that writes a key twice", "01 07 00 02 01 0001 6b 00000000 04 0001 6b 00"],
  ["op 0", "01 00 0001 6b"],
  ["an empty key", "01 02 0000"],
  ["a key that ends early", "01 02 0002 6b"],
  ["bytes left over", "01 02 0001 6b 00"],
  ["a key that is no UTF-8", "01 02 0001 ff"],
  ["a key in overlong UTF-8", "01 02 0002 c080"],
  ["a surrogate in UTF-8", "01 02 0003 eda080"],
  ["a value that ends early", "01 01 0001 6b 00000003 0102"],
  ["a value that claims 4 GiB", "01 01 0001 6b ffffffff"],
  ["a revision above 2^53 - 1", "01 03 0001 6b 0020000000000000 00000000"],
  ["limit 0", "01 05 0000 0000 00000000"],
  ["a limit above the highest", "01 05 0000 0000 00002711"],
];

for (const [what, hex] of MALFORMED) {
  Deno.test(`a command with ${what} is malformed`, () => assertEquals(decodeKvCommand(bytes(hex)), null));
}

Deno.test("keys and values are bounded on both sides of the wire", () => {
  const value = new Uint8Array(KV_LIMITS.maxValueBytes);
  const longest: KvCommand = { op: "put", key: "é".repeat(512), value };
  const encoded = encodeKvCommand(longest);
  assertEquals(decodeKvCommand(encoded), longest);
  const tooLong = new Uint8Array(encoded.length + 1);
  tooLong.set(encoded);
  new DataView(tooLong.buffer).setUint32(2 + 2 + 1024, value.length + 1);
  assertEquals(decodeKvCommand(tooLong), null);
  const put = (key: string, value: Uint8Array) => () => encodeKvCommand({ op: "put", key, value });
  assertThrows(put("", value), RangeError, "key must have 1 to 1024 bytes of UTF-8: this one has 0");
  assertThrows(put("é".repeat(513), value), RangeError, "this one has 1026");
  assertThrows(put("\ud800", value), RangeError, "lone surrogate");
  assertThrows(put("k", new Uint8Array(65537)), RangeError, "value must have at most 65536 bytes: this one has 65537");
  const list = (limit: number) => () => encodeKvCommand({ op: "list", prefix: "", after: "", limit });
  assertThrows(list(0), RangeError, "limit must be an integer from 1 to 1000: this one is 0");
  assertThrows(list(1.5), RangeError, "limit");
  const range = () => encodeKvCommand({ op: "range", from: "b", to: "a", after: "", limit: 1, keysOnly: false });
  assertThrows(range, RangeError, 'to must be behind from, "b", or empty: this one is "a"');
  const then = Array.from({ length: 65 }, (_, i) => ({ op: "get", key: `${i}` }) as const);
  const txn = (branch: TransactionOperation[]) => () =>
    encodeKvCommand({ op: "txn", compare: [], then: branch, else: [] });
  assertThrows(txn(then), RangeError, "then must have at most 64 parts: this one has 65");
  const twice = txn([{ op: "delete", key: "k" }, { op: "put", key: "k", value }]);
  assertThrows(twice, RangeError, 'then must write a key once: "k" is written twice');
});

Deno.test("a key keeps its byte order mark: no two byte strings are one key", () => {
  assertEquals(decodeKvCommand(bytes("01 02 0004 efbbbf6b")), { op: "get", key: "\ufeffk" });
});

Deno.test("decoding gives back what was encoded, and only one byte string decodes to it", () => {
  fc.assert(fc.property(command, (given) => assertEquals(decodeKvCommand(encodeKvCommand(given)), given)));
  fc.assert(
    fc.property(command, fc.nat(), fc.nat({ max: 255 }), (given, at, byte) => {
      const changed = encodeKvCommand(given);
      changed[at % changed.length] = byte;
      const decoded = decodeKvCommand(changed);
      if (decoded !== null) assertEquals(encodeKvCommand(decoded), changed);
    }),
    { numRuns: 2000 },
  );
});
