/** Questions about a transaction that are answered before it changes anything. */
import { equalBytes } from "../protocol/bytes/equal_bytes.ts";
import { LIMITS } from "../protocol/limits.ts";
import { listBytes } from "./kv_reads.ts";
import { TRANSACTION_BYTES, VALUE_BYTES } from "./kv_result.ts";
import type { Compare, TransactionCommand, TransactionOperation } from "./kv_transaction.ts";
import type { PageList } from "./pages/page_list.ts";
import type { KvRecord } from "./pages/record.ts";

/** The branch of a transaction to be done. */
export interface Choice {
  readonly succeeded: boolean;
  readonly branch: readonly TransactionOperation[];
}

/** Returns `then` if all comparisons hold, else `else`. */
export function chooseBranch(records: PageList, { compare, then, else: other }: TransactionCommand): Choice {
  const succeeded = compare.every((each) => holds(records.get(each.key), each));
  return { succeeded, branch: succeeded ? then : other };
}

/** Returns whether doing a branch changes anything; no key is written twice in one. */
export const writesAnything = (records: PageList, branch: readonly TransactionOperation[]): boolean =>
  branch.some((operation) =>
    operation.op === "put" || (operation.op === "delete" && records.get(operation.key) !== undefined)
  );

/**
 * Returns whether the results of a branch could be longer than a result may be: what it reads at most, together with all that the branch puts for each list
 * of it, as it may list that.
 */
export function couldBeTooLong(records: PageList, branch: readonly TransactionOperation[]): boolean {
  const puts = new Map<string, number>();
  let put = 0;
  for (const operation of branch) {
    if (operation.op !== "put") continue;
    puts.set(operation.key, operation.value.length);
    put += VALUE_BYTES + 3 * operation.key.length + operation.value.length;
  }
  let bytes = TRANSACTION_BYTES;
  for (const operation of branch) {
    if (operation.op === "get") {
      const there = records.get(operation.key)?.value.length ?? 0;
      bytes += Math.max(there, puts.get(operation.key) ?? 0);
    } else if (operation.op === "list" || operation.op === "range") {
      bytes += listBytes(records, operation, LIMITS.maxResultBytes - bytes) + put;
    }
    bytes += VALUE_BYTES;
    if (bytes > LIMITS.maxResultBytes) return true;
  }
  return false;
}

function holds(found: KvRecord | undefined, { target, is, to }: Compare): boolean {
  if (target === "value") return found !== undefined && equalBytes(found.value, to) === (is === "=");
  const given = found?.[target] ?? 0;
  switch (is) {
    case "=":
      return given === to;
    case "!=":
      return given !== to;
    case "<":
      return given < to;
    case ">":
      return given > to;
  }
}
