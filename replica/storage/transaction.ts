/** One transaction as both twins run it: each operation is checked, followed by the guard and written, then the intents are checked. */
import type { Digest, LogIndex, Term } from "../../protocol/ids.ts";
import type { Chunk, ChunkReader, Hash } from "../../protocol/ports.ts";
import type { PersistOperation } from "../core/log/durable_state.ts";
import { demand } from "./demand.ts";
import { epochOf } from "./epoch.ts";
import { assertAlone } from "./epoch_change.ts";
import { checkIntents, type GuardRecord, type GuardView, moveBase, NOTHING_SIGNED, raiseBar } from "./guard.ts";
import { heldSnapshot } from "./held_snapshot.ts";
import type { SigningIntent } from "./port.ts";
import { advanceTip, baseIndex, checkTip, type Tip, type TipView } from "./tip.ts";

/** A disk in the middle of a transaction. */
export interface OpenDisk {
  readonly chunks: Pick<ChunkReader, "has" | "read">;
  /** Returns the chain hash of the entry at `index`, null if there is none. */
  hashAt(index: LogIndex): Digest | null;
  /** Returns its term, 0 if there is none. */
  termAt(index: LogIndex): Term;
  /** Makes one change, which was checked; `before` is the tip before it. */
  write(operation: PersistOperation, before: Tip): void;
}

/** The knowledge of a disk without reading it. */
export interface Known {
  readonly tip: Tip;
  readonly guard: GuardRecord;
}

/** The constants of a disk. */
export interface Fixed {
  readonly hash: Hash;
  /** h₀ of the point (0, h₀), where the log of one without a state begins. */
  readonly origin: Digest;
}

/** Applies a transaction. Throws GuardError or {@linkcode StorageError}; the caller, which began the transaction, then undoes it. */
export function applyTransaction(
  disk: OpenDisk,
  known: Known,
  operations: readonly PersistOperation[],
  intents: readonly SigningIntent[],
  fixed: Fixed,
): Known {
  assertAlone(operations, intents);
  let { tip, guard } = known;
  for (const operation of operations) {
    const view = viewOf(disk, tip, fixed);
    const next = advanceTip(tip, operation, view);
    guard = follow(guard, operation, tip, view);
    disk.write(operation, tip);
    tip = next;
  }
  checkTip(tip);
  return { tip, guard: checkSigning(disk, { tip, guard }, intents, fixed) };
}

/** Returns the guard's record after `intents`, checked against what the disk holds now. */
export function checkSigning(
  disk: OpenDisk,
  { tip, guard }: Known,
  intents: readonly SigningIntent[],
  fixed: Fixed,
): GuardRecord {
  const view = viewOf(disk, tip, fixed);
  const next = checkIntents(guard, intents, view);
  for (const intent of intents) {
    if (intent.kind === "checkpoint") assertCheckpoint(disk, tip, intent.checkpoint, view);
  }
  return next;
}

/** Returns the guard's record after `operation`; the guard reads what the operation removes before it is gone. */
function follow(guard: GuardRecord, operation: PersistOperation, before: Tip, { hashAt }: TipView): GuardRecord {
  switch (operation.op) {
    case "compact":
      return moveBase(guard, operation.base.index, operation.base.index, hashAt);
    case "restart-log":
      // Of the log that is dropped, only committed entries are certain to lie on the chain of the new base.
      return moveBase(guard, operation.base.index, before.commitIndex, hashAt);
    case "hard-state": {
      const bar = before.hardState.recovery?.bar ?? null;
      return bar !== null && operation.state.recovery === null ? raiseBar(guard, bar) : guard;
    }
    case "begin-epoch":
      return NOTHING_SIGNED;
    default:
      return guard;
  }
}

/**
 * §8.2: a Checkpoint promises that its snapshot is held, and that it is of the committed log. One below the base cannot be looked up: it
 * was composed before the checkpoint that replaced it in this very transaction.
 */
function assertCheckpoint(
  { chunks }: OpenDisk,
  tip: Tip,
  { index, hash, stateDigest }: Extract<SigningIntent, { readonly kind: "checkpoint" }>["checkpoint"],
  { hashAt }: TipView,
): void {
  const what = `Checkpoint of (${index}, ${hash})`;
  demand(index <= tip.commitIndex, () => `a ${what} above commit index ${tip.commitIndex}`);
  const found = hashAt(index);
  demand(index < baseIndex(tip) || found === hash, () => `a ${what}, where the log holds ${found ?? "nothing"}`);
  demand(chunks.has(stateDigest), () => `a ${what} whose snapshot ${stateDigest} is not held`);
}

function viewOf(disk: OpenDisk, tip: Tip, { hash, origin }: Fixed): TipView & GuardView {
  const base = baseIndex(tip);
  // §13.7: of an epoch that is begun without its state nothing is held, so nothing of it is acked.
  const baseHash = tip.base?.hash ?? (tip.genesis === null ? origin : null);
  return {
    epoch: epochOf(tip),
    baseIndex: base,
    recovering: tip.hardState.recovery !== null,
    termAt: (index) => disk.termAt(index),
    hashAt: (index) => index === base ? baseHash : index < base ? null : disk.hashAt(index),
    snapshot: (stateDigest) => wholeSnapshot(hash, stateDigest, disk.chunks),
    isChunk: ({ digest, bytes }: Chunk) => hash(bytes) === digest,
  };
}

function wholeSnapshot(hash: Hash, stateDigest: Digest, chunks: OpenDisk["chunks"]): ReadonlySet<Digest> {
  try {
    return heldSnapshot(hash, stateDigest, chunks);
  } catch (error) {
    if (error instanceof RangeError) demand(false, () => `a checkpoint whose snapshot is not whole: ${error.message}`);
    throw error;
  }
}

/**
 * Returns whether a transaction may become durable later, with the next one that may not: it only writes or drops chunks, and nothing is
 * about to be signed on it.
 */
export const isBackground = (operations: readonly PersistOperation[], intents: readonly SigningIntent[]): boolean =>
  intents.length === 0 && operations.length > 0 &&
  operations.every(({ op }) => op === "chunks" || op === "drop-chunks");
