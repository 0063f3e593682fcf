/**
 * What both twins refuse to write, whatever the core asks: a gap in the log, terms that go backwards, loss of committed entries,
 * a falling rank or commit index (I9, I10). Such a request is a bug here; the replica stops rather than damage its disk.
 */
import type { LogIndex, Term } from "../core/ids.ts";
import { logIndex, term } from "../core/ids.ts";
import { LIMITS } from "../core/limits.ts";
import type { ChainedEntry, PersistOperation, Recovered } from "../core/output.ts";
import { StorageError } from "./port.ts";

/** The few numbers of the durable state that the next operation is checked against. */
export interface Tip {
  readonly currentTerm: Term;
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
  readonly commitIndex: LogIndex;
  readonly preparedTerm: Term;
  readonly preparedIndex: LogIndex;
  readonly evidence: number;
}

/** The tip of an empty disk. */
export const EMPTY_TIP: Tip = {
  currentTerm: term(0),
  lastIndex: logIndex(0),
  lastTerm: term(0),
  commitIndex: logIndex(0),
  preparedTerm: term(0),
  preparedIndex: logIndex(0),
  evidence: 0,
};

/** The tip of what a disk holds. */
export function tipOf(recovered: Recovered): Tip {
  const last = recovered.entries.at(-1)?.entry;
  return {
    currentTerm: recovered.hardState.currentTerm,
    lastIndex: last?.index ?? logIndex(0),
    lastTerm: last?.term ?? term(0),
    commitIndex: recovered.commitIndex,
    preparedTerm: recovered.prepared?.term ?? term(0),
    preparedIndex: recovered.prepared?.index ?? logIndex(0),
    evidence: recovered.evidence.length,
  };
}

/** Term of the entry at an index of the log, 0 at index 0. */
export type TermAt = (index: LogIndex) => Term;

/** The tip after `operation`. Throws {@linkcode StorageError} if it must not be written. */
export function advanceTip(tip: Tip, operation: PersistOperation, termAt: TermAt): Tip {
  switch (operation.op) {
    case "hard-state":
      demand(
        operation.state.currentTerm >= tip.currentTerm,
        () => `currentTerm ${operation.state.currentTerm} after ${tip.currentTerm}`,
      );
      return { ...tip, currentTerm: operation.state.currentTerm };
    case "append":
      return operation.entries.reduce(appendOne, tip);
    case "truncate":
      return truncate(tip, operation.after, termAt);
    case "prepared": {
      const { term, index } = operation.certificate;
      demand(
        term > tip.preparedTerm || (term === tip.preparedTerm && index >= tip.preparedIndex),
        () => `a certificate of rank (${term}, ${index}) after (${tip.preparedTerm}, ${tip.preparedIndex})`,
      );
      return { ...tip, preparedTerm: term, preparedIndex: index };
    }
    case "commit":
      demand(operation.index >= tip.commitIndex, () => `commit index ${operation.index} after ${tip.commitIndex}`);
      return { ...tip, commitIndex: operation.index };
    case "evidence":
      return { ...tip, evidence: Math.min(tip.evidence + 1, LIMITS.maxEvidence) };
  }
}

/** Throws {@linkcode StorageError} if a transaction must not end in this tip. */
export function checkTip(tip: Tip): void {
  demand(
    tip.commitIndex <= tip.lastIndex,
    () => `commit index ${tip.commitIndex} with a log that ends at ${tip.lastIndex}`,
  );
}

function appendOne(tip: Tip, { entry }: ChainedEntry): Tip {
  demand(entry.index === tip.lastIndex + 1, () => `entry ${entry.index} behind entry ${tip.lastIndex}`);
  demand(entry.term >= tip.lastTerm, () => `an entry of term ${entry.term} behind one of term ${tip.lastTerm}`);
  demand(entry.requests !== null, () => `entry ${entry.index}, whose body is no well-formed list of requests`);
  return { ...tip, lastIndex: entry.index, lastTerm: entry.term };
}

function truncate(tip: Tip, after: LogIndex, termAt: TermAt): Tip {
  demand(after >= tip.commitIndex, () => `a truncation after ${after} below commit index ${tip.commitIndex}`);
  return after >= tip.lastIndex ? tip : { ...tip, lastIndex: after, lastTerm: termAt(after) };
}

function demand(holds: boolean, what: () => string): void {
  if (!holds) throw new StorageError(`Refused to write ${what()}: the core must never ask for it`);
}
