/** The state that the records of a log come to. A log that does not fit together is damage. */
import { DecodeError } from "../../../transport/codec/decode_error.ts";
import { damaged } from "../damage.ts";
import { type GuardRecord, NOTHING_SIGNED } from "../guard.ts";
import { LogState } from "../log_state.ts";
import { changedBranch } from "./branch_change.ts";
import { decodePayload, type Payload, type SegmentHead, type StoredTransaction } from "./payload.ts";

/** State and guard after the records replayed so far. */
export interface Replayed {
  readonly state: LogState;
  guard: GuardRecord;
}

/** Returns the state of a log at the beginning of a segment; the entries up to there are in segments before it. */
export function stateAt(head: SegmentHead): Replayed {
  const {
    kind: _kind,
    cluster: _cluster,
    replica: _replica,
    segment: _segment,
    bytes: _bytes,
    lastIndex,
    guard,
    ...small
  } = head;
  return { state: new LogState(small, [], lastIndex), guard };
}

/** Applies a transaction. Throws RangeError if it does not fit the state. */
export function replayTransaction(replayed: Replayed, { operations, guard }: StoredTransaction): void {
  const { state } = replayed;
  for (const stored of operations) {
    if (stored.kind === "prepared") {
      const { certificate } = stored;
      state.write({ op: "prepared", certificate, branch: changedBranch(state.branch, stored.branch) });
      continue;
    }
    if (stored.kind === "append") assertNext(state, stored.entries[0]?.entry.index);
    if (stored.kind === "begin-epoch") replayed.guard = NOTHING_SIGNED;
    const { kind, ...rest } = stored;
    state.write({ op: kind, ...rest } as Parameters<LogState["write"]>[0]);
  }
  if (guard !== null) replayed.guard = guard;
}

function assertNext({ lastIndex }: LogState, index: number | undefined): void {
  if (index === undefined || index === lastIndex + 1) return;
  throw new RangeError(`wanted entry ${lastIndex + 1}, got ${index}`);
}

/** Throws StorageError unless all entries above the base are held. */
export function assertComplete({ state: { base, first } }: Replayed, dir: string): void {
  const from = base?.index ?? 0;
  if (first > from) {
    throw damaged(`The log in ${dir} lacks its entries from ${from + 1} to ${first}: a segment is gone`);
  }
}

/** Returns the payload of record `number`. Throws StorageError if it is none. */
export function readPayload(bytes: Uint8Array, number: number, path: string): Payload {
  try {
    return decodePayload(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw damaged(`Record ${number} in ${path} does not decode: ${error.message}`, error);
  }
}
