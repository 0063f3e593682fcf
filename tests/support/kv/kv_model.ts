/** A reference implementation of the key-value store, as plain as can be. */
import { compareUtf8 } from "../../../state_machine/compare_utf8.ts";
import type { KvCommand } from "../../../state_machine/kv_command.ts";
import type { ListCommand, RangeCommand } from "../../../state_machine/kv_operation.ts";
import type { KvResult, OperationResult } from "../../../state_machine/kv_result.ts";
import type { Compare, TransactionCommand, TransactionOperation } from "../../../state_machine/kv_transaction.ts";

/** A map, sorted on demand. */
export class KvModel {
  revision = 0;
  map = new Map<string, { revision: number; createRevision: number; value: Uint8Array }>();

  execute(given: KvCommand): KvResult {
    if (given.op === "txn") return this.transact(given);
    const found = "key" in given ? this.map.get(given.key) : undefined;
    switch (given.op) {
      case "put":
        return this.write(given.key, given.value);
      case "cas":
        if ((found?.revision ?? 0) !== given.revision) return { status: "refused", revision: found?.revision ?? 0 };
        return this.write(given.key, given.value);
      case "delete":
        return found === undefined ? { status: "refused", revision: 0 } : this.write(given.key, null);
      case "get":
        if (found === undefined) return { status: "absent", storeRevision: this.revision };
        return { status: "value", storeRevision: this.revision, ...found };
      case "read":
        if (found === undefined) return { status: "absent", storeRevision: this.revision };
        return { status: "current", ...found };
      case "list":
      case "range":
        return this.list(given);
      default:
        throw new Error(`the model knows no ${given.op}`);
    }
  }

  write(key: string, value: Uint8Array | null, revision = this.revision + 1): KvResult {
    this.revision = revision;
    const createRevision = this.map.get(key)?.createRevision ?? revision;
    if (value === null) this.map.delete(key);
    else this.map.set(key, { revision, createRevision, value });
    return { status: "written", revision };
  }

  list(asked: ListCommand | RangeCommand): KvResult {
    const within = (key: string) =>
      asked.op === "list"
        ? key.startsWith(asked.prefix)
        : compareUtf8(key, asked.from) >= 0 && (asked.to === "" || compareUtf8(key, asked.to) < 0);
    const keys = [...this.map.keys()].filter((key) => within(key) && compareUtf8(key, asked.after) > 0);
    const items = keys.sort(compareUtf8).slice(0, asked.limit).map((key) => ({ key, ...this.map.get(key)! }));
    const [storeRevision, more] = [this.revision, keys.length > asked.limit];
    if (asked.op === "list" || !asked.keysOnly) return { status: "list", storeRevision, more, items };
    return { status: "keys", storeRevision, more, items: items.map(({ value: _, ...item }) => item) };
  }

  /** Performs a transaction twice: to learn whether it writes, and then with the revision that this leads to. */
  transact({ compare, then, else: other }: TransactionCommand): KvResult {
    const succeeded = compare.every((each) => this.holds(each));
    const branch = succeeded ? then : other;
    const before = { map: new Map(this.map), revision: this.revision };
    const writes = branch.map((each) => this.perform(each, -1)).some(({ status }) => status === "written");
    [this.map, this.revision] = [before.map, before.revision + (writes ? 1 : 0)];
    const { revision } = this;
    return {
      status: "txn",
      succeeded,
      storeRevision: revision,
      results: branch.map((each) => this.perform(each, revision)),
    };
  }

  perform(operation: TransactionOperation, revision: number): OperationResult {
    if (operation.op === "put") return this.write(operation.key, operation.value, revision) as OperationResult;
    if (operation.op !== "delete") return this.execute(operation) as OperationResult;
    if (!this.map.has(operation.key)) return { status: "refused", revision: 0 };
    return this.write(operation.key, null, revision) as OperationResult;
  }

  holds({ key, target, is, to }: Compare): boolean {
    const found = this.map.get(key);
    if (target === "value") return found !== undefined && (found.value.toHex() === to.toHex()) === (is === "=");
    const given = found?.[target] ?? 0;
    return { "=": given === to, "!=": given !== to, "<": given < to, ">": given > to }[is];
  }
}
