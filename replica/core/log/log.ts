/** The log: chained entries after a base point, without gaps. */
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import { type Digest, type LogIndex, offset } from "../../../protocol/ids.ts";
import { assertInvariant } from "../../../protocol/invariant.ts";

export interface Log {
  /** The point before the first entry held: the genesis point, or the end of a committed prefix that was dropped (§8.2). */
  base: Head;
  readonly entries: ChainedEntry[];
}

/** Returns a log of `entries` after `base`. */
export const createLog = (base: Head, entries: readonly ChainedEntry[]): Log => ({ base, entries: [...entries] });

/** Returns the index of the last entry, or of the base if there is none. */
export const lastIndex = (log: Log): LogIndex => offset(log.base.index, log.entries.length);

/** Returns the entry at `index`, or undefined if the log holds none. */
export const entryAt = (log: Log, index: LogIndex): ChainedEntry | undefined => log.entries[index - log.base.index - 1];

/** Returns the chain hash at `index`, or undefined if the log does not reach it or no longer holds it. */
export const hashAt = (log: Log, index: LogIndex): Digest | undefined =>
  index === log.base.index ? log.base.hash : entryAt(log, index)?.hash;

/** Returns the last point of the log. */
export const lastHead = (log: Log): Head => headAt(log, lastIndex(log));

/** Returns the point at `index`, which the log must hold. */
export function headAt(log: Log, index: LogIndex): Head {
  const hash = hashAt(log, index);
  assertInvariant(hash !== undefined, "internal", `the log holds no index ${index}, its last is ${lastIndex(log)}`);
  return { index, hash };
}

/** Returns whether `head` lies on this log. */
export const contains = (log: Log, head: Head): boolean => hashAt(log, head.index) === head.hash;

/**
 * Returns whether the log passes through `head`, a point it is known to have passed through before: one below the base can no longer be
 * looked up, and cannot have changed since.
 */
export const passesThrough = (log: Log, head: Head): boolean => head.index < log.base.index || contains(log, head);

/** Returns the entries after `after` up to and including `upTo`. */
export const slice = (log: Log, after: LogIndex, upTo: LogIndex): ChainedEntry[] =>
  log.entries.slice(Math.max(0, after - log.base.index), Math.max(0, upTo - log.base.index));

/** Appends entries directly after the last one. */
export function appendTo(log: Log, entries: readonly ChainedEntry[]): void {
  for (const chained of entries) {
    const wanted = lastIndex(log) + 1;
    assertInvariant(chained.entry.index === wanted, "internal", `appended ${chained.entry.index}, wanted ${wanted}`);
    log.entries.push(chained);
  }
}

/** Removes every entry above `after`. */
export function truncateTo(log: Log, after: LogIndex): void {
  log.entries.length = Math.max(0, after - log.base.index);
}

/** Drops the entries at or below `base`, a point of the log. */
export function compactTo(log: Log, base: Head): void {
  assertInvariant(contains(log, base), "internal", `compacted to ${base.index}, which is not on the log`);
  log.entries.splice(0, base.index - log.base.index);
  log.base = base;
}

/** Drops all entries; the log continues after `base`. */
export function restartAt(log: Log, base: Head): void {
  log.entries.length = 0;
  log.base = base;
}
