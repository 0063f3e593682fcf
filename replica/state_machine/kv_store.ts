/** The built-in state machine: a key-value store with revisions. */
import { createHash } from "node:crypto";
import { LIMITS } from "../core/limits.ts";
import type { ApplyContext, QueryResult, StateMachine } from "../core/ports.ts";
import type { LogIndex } from "../core/ids.ts";
import { compareUtf8 } from "./compare_utf8.ts";
import { decodeKvCommand } from "./kv_command.ts";
import type { CasCommand, DeleteCommand, GetCommand, KvCommand, ListCommand, PutCommand } from "./kv_command.ts";
import { encodeKvResult, LIST_HEADER_BYTES, LIST_ITEM_BYTES } from "./kv_result.ts";
import type { KvResult, ListItem } from "./kv_result.ts";
import { readSnapshot, snapshotChunks } from "./kv_snapshot.ts";
import { OrderedKeys } from "./ordered_keys.ts";

/** One write, as it is done. `value` is null where the key was deleted. */
export interface KvChange {
  /** The store's new revision. */
  readonly revision: number;
  /** Entry of the log that made the change. */
  readonly index: LogIndex;
  readonly key: string;
  readonly value: Uint8Array | null;
}

export interface KvStoreOptions {
  /** Called after each write, in order; it must not call the store's writing methods. Not called by `restore`. */
  readonly onChange?: (change: KvChange) => void;
}

interface Stored {
  readonly value: Uint8Array;
  /** Store revision of the write that set the value. */
  readonly revision: number;
  /** Bytes of UTF-8 of the key. */
  readonly keyBytes: number;
}

const MALFORMED: KvResult = { status: "malformed" };
const UTF8 = new TextEncoder();

/** Keys, values and revisions in memory. Every successful write raises the store's revision by one; nothing else does. */
export class KvStore implements StateMachine {
  readonly #onChange: ((change: KvChange) => void) | undefined;
  #revision = 0;
  #values = new Map<string, Stored>();
  #order = new OrderedKeys();
  /** The digest of the state at the revision it was taken at. */
  #digest: { readonly revision: number; readonly bytes: Uint8Array } | null = null;

  constructor(options: KvStoreOptions = {}) {
    this.#onChange = options.onChange;
  }

  /** Number of writes done, 0 for an empty store. */
  get revision(): number {
    return this.#revision;
  }

  /** Number of keys. */
  get size(): number {
    return this.#values.size;
  }

  apply(command: Uint8Array, context: ApplyContext): Uint8Array {
    const decoded = decodeKvCommand(command);
    return encodeKvResult(decoded === null ? MALFORMED : this.#execute(decoded, context.index));
  }

  query(query: Uint8Array): QueryResult {
    return { version: this.#revision, value: encodeKvResult(this.#read(decodeKvCommand(query))) };
  }

  *snapshot(): Generator<Uint8Array> {
    yield* snapshotChunks(this.#revision, this.#values.size, this.#items(""));
  }

  /** Throws a RangeError and changes nothing unless `chunks` are exactly some store's snapshot. */
  restore(chunks: Iterable<Uint8Array>): void {
    const state = readSnapshot(chunks);
    this.#revision = state.revision;
    this.#values = new Map(state.items.map(({ key, value, revision }) => [key, stored(key, value, revision)]));
    this.#order = OrderedKeys.fromSorted(state.items.map((item) => item.key));
    this.#digest = null;
  }

  /** SHA-256 over the snapshot's chunks joined together. */
  digest(): Uint8Array {
    if (this.#digest?.revision !== this.#revision) {
      const hash = createHash("sha256");
      for (const chunk of this.snapshot()) hash.update(chunk);
      this.#digest = { revision: this.#revision, bytes: new Uint8Array(hash.digest()) };
    }
    return this.#digest.bytes.slice();
  }

  #execute(command: KvCommand, index: LogIndex): KvResult {
    switch (command.op) {
      case "put":
        return this.#put(command, index);
      case "cas":
        return this.#cas(command, index);
      case "delete":
        return this.#delete(command, index);
      case "get":
      case "list":
        return this.#read(command);
    }
  }

  #read(command: KvCommand | null): KvResult {
    if (command === null) return MALFORMED;
    if (command.op === "get") return this.#get(command);
    if (command.op === "list") return this.#list(command);
    return { status: "not-a-query" };
  }

  #get({ key }: GetCommand): KvResult {
    const found = this.#values.get(key);
    if (found === undefined) return { status: "absent", storeRevision: this.#revision };
    return { status: "value", storeRevision: this.#revision, revision: found.revision, value: found.value };
  }

  #put({ key, value }: PutCommand | CasCommand, index: LogIndex): KvResult {
    if (!this.#values.has(key)) this.#order.add(key);
    const revision = ++this.#revision;
    // The command's bytes belong to the log; a view into them would keep the whole entry in memory.
    const kept = stored(key, value.slice(), revision);
    this.#values.set(key, kept);
    this.#onChange?.({ revision, index, key, value: kept.value });
    return { status: "written", revision };
  }

  #cas(command: CasCommand, index: LogIndex): KvResult {
    const current = this.#values.get(command.key)?.revision ?? 0;
    return current === command.revision ? this.#put(command, index) : { status: "refused", revision: current };
  }

  #delete({ key }: DeleteCommand, index: LogIndex): KvResult {
    if (!this.#values.delete(key)) return { status: "refused", revision: 0 };
    this.#order.delete(key);
    const revision = ++this.#revision;
    this.#onChange?.({ revision, index, key, value: null });
    return { status: "written", revision };
  }

  #list({ prefix, after, limit }: ListCommand): KvResult {
    const items: ListItem[] = [];
    let bytes = LIST_HEADER_BYTES;
    let more = false;
    for (const item of this.#items(compareUtf8(after, prefix) > 0 ? after : prefix)) {
      if (item.key === after) continue;
      if (!item.key.startsWith(prefix)) break;
      bytes += LIST_ITEM_BYTES + item.keyBytes + item.value.length;
      more = items.length === limit || bytes > LIMITS.maxResultBytes;
      if (more) break;
      items.push(item);
    }
    return { status: "list", storeRevision: this.#revision, more, items };
  }

  /** Keys at or above `from`, in order, with what is stored under them. */
  *#items(from: string): Generator<ListItem & Stored> {
    for (const key of this.#order.from(from)) {
      const found = this.#values.get(key);
      if (found === undefined) throw new Error(`Key order and values differ at ${JSON.stringify(key)}`);
      yield { key, ...found };
    }
  }
}

function stored(key: string, value: Uint8Array, revision: number): Stored {
  return { value, revision, keyBytes: UTF8.encode(key).length };
}
