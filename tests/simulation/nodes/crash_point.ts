/** Points at which a simulated replica can be made to crash: between any two of persist, send, apply and reply (§12). */
import type { PersistOperation } from "../../../replica/core/log/durable_state.ts";

export const CRASH_POINTS = [
  /** The transaction is lost as a whole. */
  "before-persist",
  /** Some of its operations reached the disk, its commit record did not. */
  "torn-persist",
  /** It is durable, and nothing based on it has been sent. */
  "after-persist",
  /** Some packets of the batch have been sent. */
  "send",
  "apply",
  "reply",
] as const;

/** Before or after one of the writes to the archive of epochs (§13.7); only in runs in which rosters change. */
const ARCHIVE_POINT = "archive";

export type CrashPoint = (typeof CRASH_POINTS)[number] | typeof ARCHIVE_POINT;

/** Kinds of operations in a transaction. */
export type Operations = ReadonlySet<PersistOperation["op"]>;

/** Thrown at an armed crash point; the replica loses everything but its disk. */
export class SimulatedCrash extends Error {
  override readonly name = "SimulatedCrash";
}

/** An armed crash: at the `passes`-th passing of `point`, counted from 0, with an operation of kind `during` in the transaction. */
export class Trigger {
  constructor(
    readonly point: CrashPoint,
    private passes: number,
    readonly during: PersistOperation["op"] | null = null,
  ) {}

  /** Returns whether it goes off now that `point` is passed; `operations` are those of the transaction, or of the last one before. */
  pulls(point: CrashPoint, operations: Operations): boolean {
    return point === this.point && (this.during === null || operations.has(this.during)) && this.passes-- <= 0;
  }
}
