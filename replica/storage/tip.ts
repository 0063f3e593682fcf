/**
 * Refusals of both twins, whatever the core asks to write: a gap in the log, terms that go backwards, loss of committed entries or of the
 * snapshot that replaces them, a falling rank or commit index (I9, I10). Such a request is a bug in this replica; it stops rather than
 * damage its disk.
 */
import type { CheckpointProof } from "../../protocol/certificate.ts";
import type { Genesis } from "../../protocol/config.ts";
import type { ChainedEntry, Head } from "../../protocol/entry.ts";
import type { Digest, LogIndex, Term } from "../../protocol/ids.ts";
import { logIndex, term } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Chunk } from "../../protocol/ports.ts";
import type { BeginEpoch, HardState, PersistOperation, Recovered } from "../core/log/durable_state.ts";
import { demand } from "./demand.ts";
import { EMPTY_HARD_STATE } from "./empty.ts";
import { beginningOf } from "./epoch.ts";
import { assertBeginning, assertBehindGenesis, assertOfEpoch } from "./epoch_change.ts";
import { assertHardState } from "./hard_state_change.ts";

/** The small part of the durable state that the next operation is checked against. */
export interface Tip {
  /** The genesis of its epoch, null in epoch 1. */
  readonly genesis: Genesis | null;
  readonly hardState: HardState;
  /** The point after which the log begins, null for (0, h₀). */
  readonly base: Head | null;
  readonly lastIndex: LogIndex;
  /** Term of the last entry; 0 if there is none, or no longer. */
  readonly lastTerm: Term;
  readonly commitIndex: LogIndex;
  readonly preparedTerm: Term;
  readonly preparedIndex: LogIndex;
  readonly evidence: number;
  /** Index of the stable checkpoint, 0 before the first. */
  readonly checkpointIndex: LogIndex;
  /** Digests of all chunks of its snapshot. */
  readonly kept: ReadonlySet<Digest>;
}

const NONE: ReadonlySet<Digest> = new Set();

/** The tip of an empty disk. */
export const EMPTY_TIP: Tip = {
  genesis: null,
  hardState: EMPTY_HARD_STATE,
  base: null,
  lastIndex: logIndex(0),
  lastTerm: term(0),
  commitIndex: logIndex(0),
  preparedTerm: term(0),
  preparedIndex: logIndex(0),
  evidence: 0,
  checkpointIndex: logIndex(0),
  kept: NONE,
};

/** Returns the tip of a disk's content, `kept` being the chunks of its stable checkpoint's snapshot. */
export function tipOf(recovered: Recovered, kept: ReadonlySet<Digest>): Tip {
  const last = recovered.entries.at(-1)?.entry;
  return {
    genesis: recovered.genesis,
    hardState: recovered.hardState,
    base: recovered.base,
    lastIndex: last?.index ?? recovered.base?.index ?? logIndex(0),
    lastTerm: last?.term ?? term(0),
    commitIndex: recovered.commitIndex,
    preparedTerm: recovered.prepared?.term ?? term(0),
    preparedIndex: recovered.prepared?.index ?? logIndex(0),
    evidence: recovered.evidence.length,
    checkpointIndex: recovered.checkpoint?.stable.index ?? logIndex(0),
    kept,
  };
}

/** Returns the index of the point after which the log begins. */
export const baseIndex = ({ base }: Pick<Tip, "base">): LogIndex => base?.index ?? logIndex(0);

/** The disk as of this point of the transaction. */
export interface TipView {
  /** Returns the term of the entry at an index of the log, 0 if there is none. */
  termAt(index: LogIndex): Term;
  /** Returns the chain hash at an index of the log, its base included; null below the base and above the last entry. */
  hashAt(index: LogIndex): Digest | null;
  /** Returns the chunks of the snapshot with this state digest. Throws {@linkcode StorageError} unless all of them are held. */
  snapshot(stateDigest: Digest): ReadonlySet<Digest>;
  /** Returns whether these bytes have that digest. */
  isChunk(chunk: Chunk): boolean;
}

/** Returns the tip after `operation`. Throws {@linkcode StorageError} if it must not be written. */
export function advanceTip(tip: Tip, operation: PersistOperation, view: TipView): Tip {
  switch (operation.op) {
    case "hard-state":
      assertHardState(tip.hardState, operation.state);
      return { ...tip, hardState: operation.state };
    case "append":
      return operation.entries.reduce(appendOne, tip);
    case "truncate":
      return truncate(tip, operation.after, view);
    case "prepared": {
      const { term, index } = operation.certificate;
      assertOfEpoch(tip, operation.certificate);
      demand(
        term > tip.preparedTerm || (term === tip.preparedTerm && index >= tip.preparedIndex),
        () => `a certificate of rank (${term}, ${index}) after (${tip.preparedTerm}, ${tip.preparedIndex})`,
      );
      return { ...tip, preparedTerm: term, preparedIndex: index };
    }
    case "commit":
      assertOfEpoch(tip, operation.certificate);
      demand(operation.index >= tip.commitIndex, () => `commit index ${operation.index} after ${tip.commitIndex}`);
      return { ...tip, commitIndex: operation.index };
    case "evidence":
      return { ...tip, evidence: Math.min(tip.evidence + 1, LIMITS.maxEvidence) };
    case "chunks":
      for (const chunk of operation.chunks) {
        demand(view.isChunk(chunk), () => `${chunk.bytes.length} bytes as chunk ${chunk.digest}, which they are not`);
      }
      return tip;
    case "drop-chunks": {
      const lost = operation.digests.find((digest) => tip.kept.has(digest));
      demand(lost === undefined, () => `the loss of chunk ${lost}, which is of the stable snapshot`);
      return tip;
    }
    case "checkpoint":
      return checkpoint(tip, operation.proof, view);
    case "compact":
      return compact(tip, operation.base, view);
    case "restart-log":
      return restart(tip, operation.base, view);
    case "transfer":
      if (operation.proof !== null) assertProof(tip, operation.proof);
      return tip;
    case "begin-epoch":
      return begin(tip, operation, view);
  }
}

/** Throws {@linkcode StorageError} if a transaction must not end in this tip. */
export function checkTip(tip: Tip): void {
  const { commitIndex, checkpointIndex } = tip;
  const base = baseIndex(tip);
  demand(
    tip.commitIndex <= tip.lastIndex,
    () => `commit index ${tip.commitIndex} with a log that ends at ${tip.lastIndex}`,
  );
  demand(
    checkpointIndex <= commitIndex,
    () => `a stable checkpoint at ${checkpointIndex} above commit index ${commitIndex}`,
  );
  demand(base <= checkpointIndex, () => `a log that begins behind ${base} above its checkpoint at ${checkpointIndex}`);
}

function appendOne(tip: Tip, { entry, hash }: ChainedEntry): Tip {
  demand(entry.index === tip.lastIndex + 1, () => `entry ${entry.index} behind entry ${tip.lastIndex}`);
  demand(entry.term >= tip.lastTerm, () => `an entry of term ${entry.term} behind one of term ${tip.lastTerm}`);
  assertBehindGenesis(tip, entry.index, hash);
  demand(entry.requests !== null, () => `entry ${entry.index}, whose body is no well-formed list of requests`);
  return { ...tip, lastIndex: entry.index, lastTerm: entry.term };
}

function truncate(tip: Tip, after: LogIndex, { termAt }: TipView): Tip {
  demand(after >= tip.commitIndex, () => `a truncation after ${after} below commit index ${tip.commitIndex}`);
  demand(after >= baseIndex(tip), () => `a truncation after ${after} below the log's base ${baseIndex(tip)}`);
  return after >= tip.lastIndex ? tip : { ...tip, lastIndex: after, lastTerm: termAt(after) };
}

/**
 * §8.2: the snapshot that replaces all entries below it is held completely, and lies on the log. `checkTip` checks that it is committed.
 */
function checkpoint(tip: Tip, proof: CheckpointProof, view: TipView): Tip {
  const { index, hash, stateDigest } = proof.stable;
  assertProof(tip, proof);
  demand(index >= tip.checkpointIndex, () => `a stable checkpoint at ${index} after one at ${tip.checkpointIndex}`);
  const held = view.hashAt(index);
  demand(held === hash, () => `a checkpoint of (${index}, ${hash}), where the log holds ${held ?? "nothing"}`);
  return { ...tip, checkpointIndex: index, kept: view.snapshot(stateDigest) };
}

function assertProof(tip: Tip, { stable, commit }: CheckpointProof): void {
  assertOfEpoch(tip, commit);
  demand(
    commit.index === stable.index && commit.hash === stable.hash,
    () => `a checkpoint of (${stable.index}, ${stable.hash}) with a commit of (${commit.index}, ${commit.hash})`,
  );
}

/** §8.2: only entries that are committed and covered by the stable snapshot are dropped. */
function compact(tip: Tip, base: Head, { hashAt }: TipView): Tip {
  const [before, highest] = [baseIndex(tip), Math.min(tip.commitIndex, tip.checkpointIndex)];
  demand(
    base.index >= before && base.index <= highest,
    () => `a compaction up to ${base.index}: the log begins behind ${before}, stable and committed is ${highest}`,
  );
  const held = hashAt(base.index);
  demand(
    held === base.hash,
    () => `a compaction up to (${base.index}, ${base.hash}), where the log holds ${held ?? "nothing"}`,
  );
  // The term of a base is not kept, here as in the core.
  const lastTerm = base.index === tip.lastIndex ? term(0) : tip.lastTerm;
  return base.index === before ? tip : { ...tip, base, lastTerm };
}

/** §8.3: only to go beyond what the log can hold. That the new base is committed is checked at the end of the transaction. */
function restart(tip: Tip, base: Head, { hashAt }: TipView): Tip {
  assertBehindGenesis(tip, base.index, base.hash);
  demand(base.index > tip.commitIndex, () => `a log restarted at ${base.index}, committed is ${tip.commitIndex}`);
  demand(hashAt(base.index) !== base.hash, () => `a log restarted at (${base.index}, ${base.hash}), which it holds`);
  return { ...tip, base, lastIndex: base.index, lastTerm: term(0) };
}

/** §13.7: what stood there before is gone, but the epoch after it is the next one. */
function begin(tip: Tip, operation: BeginEpoch, { snapshot }: TipView): Tip {
  assertBeginning(tip, operation);
  const { held, genesis: { stateDigest } } = operation;
  return tipOf(beginningOf(operation), held && stateDigest !== null ? snapshot(stateDigest) : NONE);
}
