/** Records what clients did and saw, and checks that one copy of the store could have shown them that. */
import type { Millis } from "../../../../protocol/ids.ts";
import { decodeKvResult, type KvCommand, type KvResult } from "../../../../state_machine/mod.ts";
import { DecodeError, queryResultCodec } from "../../../../transport/codec/mod.ts";
import type { Violation } from "../../observer.ts";
import { ViolationError } from "../../observer.ts";
import { type KeyCommand, shownRevision } from "./kv_model.ts";
import { judgeKey, type KeyOperation, type Verdict } from "./linearizable.ts";

interface Recorded {
  readonly id: number;
  readonly client: string;
  readonly command: KvCommand;
  readonly began: number;
  readonly startedAt: Millis;
  /** Lower bound of the store's revision when it began. */
  readonly store: number;
  ended: number;
  endedAt: Millis;
  result: KvResult | null;
}

/** Operations of all clients, each identified by a number. */
export class History {
  /** Number of operations whose outcome is known, and of keys whose search was given up. */
  known = 0;
  undecided = 0;
  readonly #operations = new Map<number, Recorded>();
  /** Operation that wrote each revision. */
  readonly #writers = new Map<number, number>();
  #moment = 0;
  #store = 0;

  /** Records that `client` begins an operation. */
  invoke(id: number, client: string, command: KvCommand, now: Millis): void {
    const open = { ended: Infinity, endedAt: Infinity, result: null };
    this.#operations.set(id, {
      id,
      client,
      command,
      began: ++this.#moment,
      startedAt: now,
      store: this.#store,
      ...open,
    });
  }

  /**
   * Records that the operation ended with these bytes: a result, or the answer of a fast read; null if its outcome is unknown. Throws
   * ViolationError if revisions show a step back in time at once.
   */
  finish(id: number, result: Uint8Array | null, now: Millis): void {
    const operation = this.#operations.get(id);
    if (!operation) throw new RangeError(`operation ${id} ended and never began`);
    if (result === null) return;
    const decoded = decodeOutcome(result);
    if (decoded === null) {
      throw new ViolationError("linearizable", `${text(operation)} ended with no result of the store`);
    }
    operation.result = decoded;
    operation.ended = ++this.#moment;
    operation.endedAt = now;
    this.known++;
    this.#demandRevision(operation, decoded);
  }

  /** Returns the violation at the first key whose history is not linearizable, or null. */
  check(): Violation | null {
    for (const operations of this.#byKey().values()) {
      const found = skipped(operations);
      if (found !== null) return { invariant: "linearizable", detail: found };
    }
    for (const [key, operations] of this.#byKey()) {
      const verdict: Verdict = judgeKey(operations.map(toKeyOperation));
      if (verdict === "undecided") this.undecided++;
      if (verdict === "violated") return { invariant: "linearizable", detail: `key ${key}:\n${listing(operations)}` };
    }
    return null;
  }

  /** Demands that the store's revision rises with real time over all keys, and that each write has one of its own. */
  #demandRevision(operation: Recorded, result: KvResult): void {
    // A key's own revision tells that the store has come so far, but not how far it was.
    if (result.status === "current") this.#store = Math.max(this.#store, result.revision);
    const shown = shownRevision(result);
    if (shown === null) return;
    const writes = result.status === "written";
    if (shown < operation.store || (writes && shown === operation.store)) {
      throw new ViolationError(
        "linearizable",
        `${text(operation)}, when revision ${operation.store} had been shown before it began`,
      );
    }
    const writer = writes ? this.#writers.get(shown) : undefined;
    if (writer !== undefined) {
      throw new ViolationError("linearizable", `${text(operation)}, as ${text(this.#operations.get(writer)!)}`);
    }
    if (writes) this.#writers.set(shown, operation.id);
    this.#store = Math.max(this.#store, shown);
  }

  #byKey(): Map<string, Recorded[]> {
    const keys = new Map<string, Recorded[]>();
    for (const operation of this.#operations.values()) {
      if (!("key" in operation.command)) continue;
      const list = keys.get(operation.command.key) ?? [];
      keys.set(operation.command.key, list);
      list.push(operation);
    }
    return keys;
  }
}

/** Describes a read of one key that missed a write although the store was known to be beyond it when the read began; null if none did. */
function skipped(operations: readonly Recorded[]): string | null {
  const writes = operations.filter(({ result }) => result?.status === "written");
  for (const read of operations) {
    const { result, store } = read;
    if (result?.status !== "current") continue;
    const missed = writes.find(({ result: written }) => {
      const revision = shownRevision(written!)!;
      return revision > result.revision && revision <= store;
    });
    if (missed !== undefined) return `${text(read)} when revision ${store} had been shown, without ${text(missed)}`;
  }
  return null;
}

/** Decodes the result of an ordered request, or the answer of a fast read. */
function decodeOutcome(bytes: Uint8Array): KvResult | null {
  const plain = decodeKvResult(bytes);
  if (plain !== null) return plain;
  try {
    return decodeKvResult(queryResultCodec.decode(bytes).value);
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

const toKeyOperation = ({ command, result, began, ended }: Recorded): KeyOperation => ({
  command: command as KeyCommand,
  result,
  began,
  ended,
});

const listing = (operations: readonly Recorded[]): string =>
  [...operations].sort((a, b) => a.began - b.began).map((operation) => `  ${text(operation)}`).join("\n");

function text({ id, client, command, startedAt, endedAt, result }: Recorded): string {
  const end = result === null ? "unknown" : JSON.stringify(result, shortBytes);
  return `#${id} ${client} ${JSON.stringify(command, shortBytes)} [${startedAt}, ${endedAt}] ${end}`;
}

const shortBytes = (_: string, value: unknown): unknown =>
  value instanceof Uint8Array ? new TextDecoder().decode(value.subarray(0, 24)) : value;
