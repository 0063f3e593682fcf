/** Watching keys of the built-in key-value store. */
import { decodeEvent } from "../../state_machine/mod.ts";
import { RefusedError, RevisionGoneError, UsageError } from "../errors.ts";
import { encodeWatch } from "./encode.ts";
import type { FeedNews } from "./follow_feed.ts";
import type { KvCalls } from "./kv.ts";

/** A key that was written or deleted. */
export interface Change {
  readonly key: string;
  /** Null if the key was deleted. */
  readonly value: Uint8Array | null;
  /** Revision of the write that made the key, where it was absent before; 0 if it was deleted. */
  readonly createRevision: number;
}

/** All changes of the keys watched that one revision made: of one write or one transaction. */
export interface ChangeEvent {
  readonly revision: number;
  readonly changes: readonly Change[];
}

/** Selects what to watch, and from where. */
export interface WatchOptions {
  /** True to watch the key that is given, and none that begin with it. */
  readonly exact?: boolean;
  /** First revision whose changes are wanted; by default the one behind the store's at the time of the call. */
  readonly from?: number;
  /** Ends the watch, which then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Changes as they happen: every one once, in order. Read it with `for await`; ending the loop ends the watch. */
export interface Watch extends AsyncIterable<ChangeEvent> {
  /** Revision up to which all changes were handed out, or there are none. */
  readonly through: number;
}

/** Watches keys of the key-value store. */
export interface WatchCalls {
  /**
   * Watches keys that begin with `prefix`, all by default (§7.6). An event is believed once f + 1 replicas say it alike: one that lies can neither invent, hide nor
   * reorder any. Resolves once it is known from where it begins. Its iteration throws {@linkcode RevisionGoneError} where that is no longer kept: list the keys then,
   * and watch from the revision behind the list's. It survives restarts of replicas and changes of the roster; `close` ends it.
   */
  watch(prefix?: string, options?: WatchOptions): Promise<Watch>;
}

/** Returns the calls; `follow` yields what happens behind a position. */
export function watchCalls(
  { txn }: Pick<KvCalls, "txn">,
  follow: (watch: Uint8Array, after: number, signal?: AbortSignal) => AsyncGenerator<FeedNews>,
): WatchCalls {
  return {
    async watch(prefix = "", { exact = false, from, signal } = {}) {
      if (from !== undefined && (!Number.isSafeInteger(from) || from < 1)) {
        throw new UsageError(`from was given ${from}; wanted a revision, from 1 on`);
      }
      const watch = encodeWatch(exact ? { key: prefix } : { prefix });
      // A transaction of nothing is what every client may do, whatever its rights.
      const { revision: storeRevision } = await txn({ then: [] }, { repeatable: true, ...(signal ? { signal } : {}) });
      if (from !== undefined && from > storeRevision + 1) throw new RevisionGoneError(from, null, storeRevision);
      const after = (from ?? storeRevision + 1) - 1;
      return new KvWatching(after, () => follow(watch, after, signal));
    },
  };
}

class KvWatching implements Watch {
  through: number;
  readonly #begin: () => AsyncGenerator<FeedNews>;

  constructor(after: number, begin: () => AsyncGenerator<FeedNews>) {
    this.through = after;
    this.#begin = begin;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ChangeEvent> {
    for await (const { events, through } of this.#begin()) {
      for (const { position, value } of events) {
        this.through = position;
        yield { revision: position, changes: changesIn(value) };
      }
      this.through = through;
    }
  }
}

/** Returns the changes of an event. Throws {@linkcode RefusedError} if it is none of a key-value store. */
export function changesIn(value: Uint8Array): Change[] {
  const changes = decodeEvent(value);
  if (changes === null) {
    throw new RefusedError(
      "malformed",
      "watch: the cluster told an event of no key-value store; does it run another state machine?",
    );
  }
  return changes.map(({ key, createRevision, value }) => ({
    ...{ key, createRevision, value: createRevision === 0 ? null : value.slice() },
  }));
}
