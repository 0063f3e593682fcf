/** Histories that fill, split and join pages, for the tests of everything made of pages. */
import { assert } from "@std/assert";
import * as fc from "fast-check";
import { compareUtf8 } from "../../../state_machine/compare_utf8.ts";
import { KV_LIMITS } from "../../../state_machine/kv_limits.ts";
import { mustJoin, type Page } from "../../../state_machine/pages/page.ts";

/** One write: `bytes` of value under key number `key`, or its deletion if null. */
export interface Write {
  readonly key: number;
  readonly bytes: number | null;
}

/** Value sizes around every bound that pages have, so that a few dozen writes cause every kind of split and join. */
const bytes = fc.oneof(
  fc.constantFrom(0, 1, KV_LIMITS.maxPageBytes - 20, KV_LIMITS.maxPageBytes, KV_LIMITS.maxValueBytes),
  fc.integer({ min: 0, max: KV_LIMITS.minPageBytes }),
  fc.integer({ min: KV_LIMITS.minPageBytes, max: KV_LIMITS.maxPageBytes }),
);

export const writes: fc.Arbitrary<Write[]> = fc.array(
  fc.record({ key: fc.nat({ max: 23 }), bytes: fc.option(bytes, { freq: 3 }) }),
  { maxLength: 60, size: "max" },
);

/** Returns key number `at`: ascending in bytes, some beyond ASCII. */
export const keyAt = (at: number): string => `${at % 5 === 0 ? "k\u{10000}" : "k"}${String(at).padStart(3, "0")}`;

/** Asserts the invariants of every store's pages, and that each knows its length. */
export function assertSettled(pages: readonly Page[]): void {
  const keys = pages.flatMap((page) => page.records.map((record) => record.key));
  keys.slice(1).forEach((key, i) => assert(compareUtf8(keys[i] ?? "", key) < 0, `${key} is behind ${keys[i]}`));
  for (const [at, page] of pages.entries()) {
    assert(page.records.length > 0, `page ${at} is empty`);
    assert(!page.isOverfull, `page ${at} is overfull: ${page.bytes} bytes`);
    assert(page.encode().length === page.bytes, `page ${at} has ${page.encode().length} bytes, says ${page.bytes}`);
    const next = pages[at + 1];
    assert(!next || !mustJoin(page, next), `pages ${at} and ${at + 1} belong into one: ${page.bytes}, ${next?.bytes}`);
  }
}
