/** Arbitrary commands for the key-value store's tests. */
import * as fc from "fast-check";
import { compareUtf8 } from "../../../state_machine/compare_utf8.ts";
import type { KvCommand } from "../../../state_machine/kv_command.ts";
import { KV_LIMITS } from "../../../state_machine/kv_limits.ts";
import type { Compare, TransactionCommand, TransactionOperation } from "../../../state_machine/kv_transaction.ts";

/** Few keys, so that commands collide; some beyond the surrogates. */
export const key: fc.Arbitrary<string> = fc.constantFrom(
  "a",
  "a/",
  "a/b",
  "a/\uffff",
  "a/\u{10000}",
  "b",
  "\ufeffbom",
  "é",
);
export const value: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 6 });
const limit = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(KV_LIMITS.maxListLimit));
const prefix = fc.oneof(key, fc.constant(""));

const number = fc.integer({ min: 0, max: 12 });
const range = fc.record({
  op: fc.constant("range" as const),
  ...{ from: prefix, to: prefix, after: prefix, limit, keysOnly: fc.boolean() },
}).map((given) => compareUtf8(given.from, given.to) < 0 ? given : { ...given, to: "" });
const compare: fc.Arbitrary<Compare> = fc.oneof(
  fc.record({
    ...{ key, target: fc.constantFrom("revision", "createRevision"), is: fc.constantFrom("=", "!=", "<", ">") },
    to: number,
  }),
  fc.record({ key, target: fc.constant("value" as const), is: fc.constantFrom("=", "!="), to: value }),
);
const branch: fc.Arbitrary<TransactionOperation[]> = fc.uniqueArray(
  fc.oneof<fc.Arbitrary<TransactionOperation>[]>(
    fc.record({ op: fc.constant("put" as const), key, value }),
    fc.record({ op: fc.constant("get" as const), key }),
    fc.record({ op: fc.constant("delete" as const), key }),
    fc.record({ op: fc.constant("list" as const), prefix, after: prefix, limit }),
    range,
  ),
  // No key may be written twice.
  { maxLength: 5, selector: (each) => each.op === "put" || each.op === "delete" ? each.key : JSON.stringify(each) },
);
const transaction: fc.Arbitrary<TransactionCommand> = fc.record({
  op: fc.constant("txn" as const),
  compare: fc.array(compare, { maxLength: 2 }),
  then: branch,
  else: branch,
});

export const command: fc.Arbitrary<KvCommand> = fc.oneof(
  fc.record({ op: fc.constant("put" as const), key, value }),
  fc.record({ op: fc.constant("get" as const), key }),
  fc.record({ op: fc.constant("read" as const), key }),
  fc.record({ op: fc.constant("cas" as const), key, revision: fc.integer({ min: 0, max: 12 }), value }),
  fc.record({ op: fc.constant("delete" as const), key }),
  fc.record({ op: fc.constant("list" as const), prefix, after: prefix, limit }),
  range,
  transaction,
);
