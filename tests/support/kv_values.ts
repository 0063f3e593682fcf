/** Arbitrary commands for the key-value store's tests. */
import * as fc from "fast-check";
import type { KvCommand } from "../../state_machine/kv_command.ts";
import { KV_LIMITS } from "../../state_machine/kv_limits.ts";

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

export const command: fc.Arbitrary<KvCommand> = fc.oneof(
  fc.record({ op: fc.constant("put" as const), key, value }),
  fc.record({ op: fc.constant("get" as const), key }),
  fc.record({ op: fc.constant("read" as const), key }),
  fc.record({ op: fc.constant("cas" as const), key, revision: fc.integer({ min: 0, max: 12 }), value }),
  fc.record({ op: fc.constant("delete" as const), key }),
  fc.record({ op: fc.constant("list" as const), prefix, after: prefix, limit }),
);
