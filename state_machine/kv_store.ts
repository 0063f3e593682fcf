/** The built-in state machine: a key-value store with revisions. */
import type { LogIndex } from "../protocol/ids.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { ApplyContext, QueryContext, QueryResult, StateMachine } from "../protocol/ports.ts";
import { compareUtf8 } from "./compare_utf8.ts";
import { FrozenStore } from "./frozen_store.ts";
import { decodeKvCommand } from "./kv_command.ts";
import type {
  CasCommand,
  DeleteCommand,
  GetCommand,
  KvCommand,
  ListCommand,
  PutCommand,
  ReadCommand,
} from "./kv_command.ts";
import { encodeKvResult, LIST_HEADER_BYTES, LIST_ITEM_BYTES } from "./kv_result.ts";
import type { KvResult, ListItem } from "./kv_result.ts";
import { readSnapshot } from "./kv_snapshot.ts";
import { PageList } from "./page_list.ts";
import { kvRecord } from "./record.ts";

/** One write. `value` is null if the key was deleted. */
export interface KvChange {
  /** The store's new revision. */
  readonly revision: number;
  /** Log index of the entry that made the change. */
  readonly index: LogIndex;
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** Options of {@linkcode KvStore}. */
export interface KvStoreOptions {
  /** Called after each write, in order; it must not call the store's writing methods. Not called by `restore`. */
  readonly onChange?: (change: KvChange) => void;
}

const MALFORMED: KvResult = { status: "malformed" };

/** Keys, values and revisions in memory, in pages. Every successful write raises the store's revision by one; nothing else does. */
export class KvStore implements StateMachine {
  readonly #onChange: ((change: KvChange) => void) | undefined;
  #revision = 0;
  #records = new PageList();
  /** The latest frozen view, until the state changes. */
  #frozen: FrozenStore | null = null;

  constructor(options: KvStoreOptions = {}) {
    this.#onChange = options.onChange;
  }

  /** Number of writes done, 0 for an empty store. */
  get revision(): number {
    return this.#revision;
  }

  /** Number of keys. */
  get size(): number {
    return this.#records.size;
  }

  /** Yields all keys with their values, in the order of their UTF-8 bytes; none may be written meanwhile. */
  items(): Iterable<ListItem> {
    return this.#records.from("");
  }

  /** Executes an encoded command and returns the encoded result; bytes that are not a command give `malformed`. */
  apply(command: Uint8Array, context: ApplyContext): Uint8Array {
    const decoded = decodeKvCommand(command);
    return encodeKvResult(decoded === null ? MALFORMED : this.#execute(decoded, context.index));
  }

  /**
   * Answers an encoded `get`, `list` or `read`; a command that writes gives `not-a-query`. The version is the store's revision, or that of a
   * key that is there and was `read`.
   */
  query(query: Uint8Array, _context: QueryContext): QueryResult {
    const result = this.#read(decodeKvCommand(query));
    const version = result.status === "current" ? result.revision : this.#revision;
    return { version, value: encodeKvResult(result) };
  }

  /**
   * Returns the present state, to be kept and read while the store continues, as a checkpoint does (§8.2). Costs one reference for each
   * page and copies nothing; see {@linkcode FrozenStore} for its later costs.
   */
  freeze(): FrozenStore {
    return this.#frozen ??= new FrozenStore({ revision: this.#revision, keys: this.size }, this.#records.freeze());
  }

  /** Returns the chunks of the present state, unaffected by writes made before the last of them is taken. */
  snapshot(): Iterable<Uint8Array> {
    return this.freeze().chunks();
  }

  /**
   * Replaces the state with the one in `chunks`. Throws a RangeError and changes nothing unless they are a state that a store can have.
   * That it is the wanted state is certain only once {@linkcode digest} is the wanted one.
   */
  restore(chunks: Iterable<Uint8Array>): void {
    const state = readSnapshot(chunks);
    this.#revision = state.revision;
    this.#records = new PageList(state.pages);
    this.#frozen = null;
  }

  /**
   * Returns the SHA-256 digest of the snapshot's first chunk, which holds the digests of the others. The pages are part of the state: equal
   * histories, or a restored state and its original, have equal digests; the same records written in another order need not.
   */
  digest(): Uint8Array {
    return Uint8Array.fromHex(this.freeze().digest);
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
      case "read":
        return this.#read(command);
    }
  }

  #read(command: KvCommand | null): KvResult {
    if (command === null) return MALFORMED;
    if (command.op === "get") return this.#get(command);
    if (command.op === "list") return this.#list(command);
    if (command.op === "read") return this.#current(command);
    return { status: "not-a-query" };
  }

  #current({ key }: ReadCommand): KvResult {
    const found = this.#records.get(key);
    if (found === undefined) return { status: "absent", storeRevision: this.#revision };
    return { status: "current", revision: found.revision, value: found.value };
  }

  #get({ key }: GetCommand): KvResult {
    const found = this.#records.get(key);
    if (found === undefined) return { status: "absent", storeRevision: this.#revision };
    return { status: "value", storeRevision: this.#revision, revision: found.revision, value: found.value };
  }

  #put({ key, value }: PutCommand | CasCommand, index: LogIndex): KvResult {
    const record = kvRecord(key, this.#nextRevision(), value);
    this.#records.set(record);
    this.#onChange?.({ revision: record.revision, index, key, value: record.value });
    return { status: "written", revision: record.revision };
  }

  #cas(command: CasCommand, index: LogIndex): KvResult {
    const current = this.#records.get(command.key)?.revision ?? 0;
    return current === command.revision ? this.#put(command, index) : { status: "refused", revision: current };
  }

  #delete({ key }: DeleteCommand, index: LogIndex): KvResult {
    if (!this.#records.delete(key)) return { status: "refused", revision: 0 };
    const revision = this.#nextRevision();
    this.#onChange?.({ revision, index, key, value: null });
    return { status: "written", revision };
  }

  /** Counts a write and returns its revision. */
  #nextRevision(): number {
    this.#frozen = null;
    return ++this.#revision;
  }

  #list({ prefix, after, limit }: ListCommand): KvResult {
    const items: ListItem[] = [];
    let bytes = LIST_HEADER_BYTES;
    let more = false;
    for (const item of this.#records.from(compareUtf8(after, prefix) > 0 ? after : prefix)) {
      if (item.key === after) continue;
      if (!item.key.startsWith(prefix)) break;
      bytes += LIST_ITEM_BYTES + item.keyBytes + item.value.length;
      more = items.length === limit || bytes > LIMITS.maxResultBytes;
      if (more) break;
      items.push(item);
    }
    return { status: "list", storeRevision: this.#revision, more, items };
  }
}
