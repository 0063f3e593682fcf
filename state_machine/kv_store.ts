/** The built-in state machine: a key-value store with revisions. */
import type { ClientId, LogIndex, Millis } from "../protocol/ids.ts";
import type { Feed } from "../protocol/operations/feed.ts";
import type { ApplyContext, QueryContext, QueryResult, StateMachine } from "../protocol/ports.ts";
import { allowed, watchDenialOf } from "./access.ts";
import { deletionOf, type KvChange } from "./kv_change.ts";
import type { KvCommand } from "./kv_command.ts";
import { eventsBehind } from "./kv_feed.ts";
import type { CasCommand, DeleteCommand, PutCommand } from "./kv_operation.ts";
import { currentOf, getKey, listKeys } from "./kv_reads.ts";
import { encodeKvResult, type KvResult, type ListItem, type OperationResult } from "./kv_result.ts";
import { chooseBranch, couldBeTooLong, writesAnything } from "./kv_transact.ts";
import type { TransactionCommand, TransactionOperation } from "./kv_transaction.ts";
import { decodeKvWatch } from "./kv_watch.ts";
import type { Lease, LeaseFields } from "./leases/lease.ts";
import { listLeases } from "./leases/lease_result.ts";
import { leasedPuts, Leases } from "./leases/leases.ts";
import { FrozenStore } from "./pages/frozen_store.ts";
import { History } from "./pages/history.ts";
import { readSnapshot } from "./pages/kv_snapshot.ts";
import { PageList } from "./pages/page_list.ts";
import { kvRecord } from "./pages/record.ts";

/**
 * Keys, values and revisions in memory, in pages, with the changes of the last revisions. A command that writes raises the store's revision by one,
 * however many keys it writes; nothing else does.
 */
export class KvStore implements StateMachine {
  #revision = 0;
  #records = new PageList();
  #history = new History();
  #leases = new Leases();
  /** The latest frozen view, until the state changes. */
  #frozen: FrozenStore | null = null;

  /** Number of commands done that wrote, 0 for an empty store. */
  get revision(): number {
    return this.#revision;
  }

  /** Number of keys. */
  get size(): number {
    return this.#records.size;
  }

  /** Oldest revision whose changes are kept; 1 for an empty store. */
  get oldestRevision(): number {
    return this.#history.oldest;
  }

  /** Yields all keys with their values, in the order of their UTF-8 bytes; none may be written meanwhile. */
  items(): Iterable<ListItem> {
    return this.#records.from("");
  }

  /** Returns the lease that a key is in; null if it is in none. */
  leaseOf(key: string): LeaseFields | null {
    return this.#leases.holding(key);
  }

  /**
   * Executes an encoded command and returns the encoded result; bytes that are not a command give `malformed`, and what the client may not do
   * gives `denied`.
   */
  apply(command: Uint8Array, context: ApplyContext): Uint8Array {
    return encodeKvResult(allowed(command, context, (decoded) => this.#execute(decoded, context)));
  }

  /** Returns the log time at which the next lease ends; null without leases. */
  nextDeadline(): Millis | null {
    return this.#leases.nextDeadline;
  }

  /** Ends the leases whose time has come: the keys of each are deleted at one revision. */
  onTime(time: Millis, _index: LogIndex): void {
    if (!this.#leases.isUsed) return;
    this.#leases.tell(time);
    this.#frozen = null;
    for (const lease of this.#leases.due()) this.#end(lease);
  }

  /**
   * Answers an encoded `get`, `list`, `range`, `read` or `leases`; a command that writes gives `not-a-query`, what the client may not read `denied`. The version
   * is the store's revision, or that of a key that is there and was `read`; of `leases` it is above that by a number that rises as they change.
   */
  query(query: Uint8Array, context: QueryContext): QueryResult {
    const result = allowed(query, context, (decoded) => this.#read(decoded));
    const version = result.status === "current" ? result.revision : this.#revision;
    const more = result.status === "leases" ? this.#leases.version : 0;
    return { version: version + more, value: encodeKvResult(result) };
  }

  /**
   * Returns the changes behind revision `after` of the keys that an encoded watch names: an event for each revision that changed some of them, with
   * all of those; its position is the revision.
   */
  feed(watch: Uint8Array, after: number, context: QueryContext): Feed | null {
    const decoded = decodeKvWatch(watch);
    if (decoded === null) return { kind: "refused", reason: "malformed" };
    const reason = watchDenialOf(decoded, context);
    if (reason !== null) return { kind: "refused", reason };
    if (after >= this.#revision) return null;
    if (after < this.#history.oldest - 1) return { kind: "gone", oldest: this.#history.oldest };
    return eventsBehind(this.#history, after, decoded);
  }

  /**
   * Returns the present state, to be kept and read while the store continues, as a checkpoint does (§8.2). Costs one reference for each
   * page and copies nothing; see {@linkcode FrozenStore} for its later costs.
   */
  freeze(): FrozenStore {
    if (this.#frozen !== null) return this.#frozen;
    const { last, time, leases } = this.#leases.freeze();
    const counters = {
      ...{ revision: this.#revision, keys: this.size },
      ...(last === 0 ? {} : { leases: { last, time, count: leases.length } }),
    };
    return this.#frozen = new FrozenStore(counters, this.#records.freeze(), this.#history.freeze(), leases);
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
    this.#history = new History(state.history);
    this.#leases = new Leases(state.leases);
    this.#frozen = null;
  }

  /**
   * Returns the SHA-256 digest of the snapshot's first chunk, which holds the digests of the others. The pages are part of the state: equal
   * histories, or a restored state and its original, have equal digests; the same records written in another order need not.
   */
  digest(): Uint8Array {
    return Uint8Array.fromHex(this.freeze().digest);
  }

  #execute(command: KvCommand, { client, time }: ApplyContext): KvResult {
    switch (command.op) {
      case "put": {
        const refusal = this.#leases.refusal(client, leasedPuts([command]));
        return refusal === null ? this.#put(command) : { status: refusal };
      }
      case "grant":
        return this.#grant(client, command.ttlMs, time);
      case "renew":
        return this.#renew(this.#leases.of(client, command.lease), time);
      case "revoke":
        return this.#revoke(this.#leases.of(client, command.lease));
      case "cas":
        return this.#cas(command);
      case "delete":
        return this.#delete(command);
      case "txn":
        return this.#transact(command, client);
      default:
        return this.#read(command);
    }
  }

  #read(command: KvCommand): KvResult {
    switch (command.op) {
      case "get":
        return getKey(this.#records, this.#revision, command.key);
      case "read":
        return currentOf(this.#records, this.#revision, command.key);
      case "list":
      case "range":
        return listKeys(this.#records, this.#revision, command);
      case "leases":
        return listLeases(this.#leases, command.after, command.limit);
      default:
        return { status: "not-a-query" };
    }
  }

  #put(command: PutCommand | CasCommand): KvResult {
    const revision = this.#revision + 1;
    this.#commit(revision, [this.#set(command, revision)]);
    return { status: "written", revision };
  }

  #cas(command: CasCommand): KvResult {
    const current = this.#records.get(command.key)?.revision ?? 0;
    return current === command.revision ? this.#put(command) : { status: "refused", revision: current };
  }

  #delete({ key }: DeleteCommand): KvResult {
    const change = this.#remove(key);
    if (change === null) return { status: "refused", revision: 0 };
    const revision = this.#revision + 1;
    this.#commit(revision, [change]);
    return { status: "written", revision };
  }

  #grant(client: ClientId, ttlMs: Millis, time: Millis): KvResult {
    const lease = this.#leases.grant(client, ttlMs, time);
    if (lease === null) return { status: "lease-limit" };
    this.#frozen = null;
    return { status: "lease", lease: lease.id, ttlMs };
  }

  #renew(lease: Lease | null, time: Millis): KvResult {
    if (lease === null) return { status: "no-lease" };
    this.#leases.renew(lease, time);
    this.#frozen = null;
    return { status: "lease", lease: lease.id, ttlMs: lease.ttlMs };
  }

  #revoke(lease: Lease | null): KvResult {
    if (lease === null) return { status: "no-lease" };
    this.#end(lease);
    return { status: "written", revision: this.#revision };
  }

  /** Ends a lease: all its keys are deleted at one revision. */
  #end(lease: Lease): void {
    this.#leases.remove(lease);
    this.#frozen = null;
    const changes = lease.keys.map((key) => this.#remove(key)!);
    if (changes.length > 0) this.#commit(this.#revision + 1, changes);
  }

  #transact(command: TransactionCommand, client: ClientId): KvResult {
    const { succeeded, branch } = chooseBranch(this.#records, command);
    const refusal = this.#leases.refusal(client, leasedPuts(branch));
    if (refusal !== null) return { status: refusal };
    if (couldBeTooLong(this.#records, branch)) return { status: "too-large" };
    const storeRevision = this.#revision + (writesAnything(this.#records, branch) ? 1 : 0);
    const changes: KvChange[] = [];
    const results = branch.map((operation) => this.#perform(operation, storeRevision, changes));
    if (changes.length > 0) this.#commit(storeRevision, changes);
    return { status: "txn", succeeded, storeRevision, results };
  }

  /** Does one operation of a transaction after which the store's revision is `revision`, and adds what it changes to `changes`. */
  #perform(operation: TransactionOperation, revision: number, changes: KvChange[]): OperationResult {
    switch (operation.op) {
      case "put":
        changes.push(this.#set(operation, revision));
        return { status: "written", revision };
      case "delete": {
        const change = this.#remove(operation.key);
        if (change === null) return { status: "refused", revision: 0 };
        changes.push(change);
        return { status: "written", revision };
      }
      case "get":
        return getKey(this.#records, revision, operation.key);
      case "list":
      case "range":
        return listKeys(this.#records, revision, operation);
    }
  }

  /** Sets a key to a value that has `revision`. */
  #set(command: PutCommand | CasCommand, revision: number): KvChange {
    const { key, value } = command;
    this.#leases.attach(key, command.op === "put" ? command.lease ?? 0 : 0);
    const record = kvRecord(key, revision, value, this.#records.get(key)?.createRevision);
    this.#records.set(record);
    return record;
  }

  /** Removes a key; returns null if it is absent. */
  #remove(key: string): KvChange | null {
    const found = this.#records.get(key);
    if (found === undefined) return null;
    this.#leases.attach(key, 0);
    this.#records.delete(key);
    return deletionOf(found);
  }

  /** Ends a command that has made `changes`, of which there are some. */
  #commit(revision: number, changes: readonly KvChange[]): void {
    this.#revision = revision;
    this.#history.add(revision, changes);
    this.#frozen = null;
  }
}
