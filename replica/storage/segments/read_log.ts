/** Reading a log: its segments in order, each record after the one before, to the last. Nothing is changed. */
import { equalBytes } from "../../../protocol/bytes/equal_bytes.ts";
import type { LogIndex } from "../../../protocol/ids.ts";
import { damaged } from "../damage.ts";
import type { SegmentHead, StoredTransaction } from "./payload.ts";
import { assertComplete, readPayload, type Replayed, replayTransaction, stateAt } from "./replay.ts";
import { type LogEnd, NO_END, scanSegment } from "./scan.ts";
import { segmentPath, segmentsIn } from "./segment_files.ts";
import { headPayload, type LogOwner, type Standing } from "./segment_head.ts";

/** A segment that is kept for the entries in it. */
export interface Segment {
  readonly number: number;
  /** Highest index of an entry in it, 0 without any. */
  highest: number;
  readonly bytes: number;
}

/** Returns whether all entries of before are of no use behind this transaction. */
export const beginsEpoch = ({ operations }: StoredTransaction): boolean =>
  operations.some(({ kind }) => kind === "begin-epoch");

/** Notes where entries are, behind a transaction in the last segment that leaves the log with `lastIndex`, and `begins` an epoch or not. */
export function noteEntries(segments: readonly Segment[], begins: boolean, lastIndex: LogIndex): void {
  if (begins) { for (const segment of segments) segment.highest = 0; }
  const last = segments.at(-1)!;
  last.highest = Math.max(last.highest, lastIndex);
}

/** A log as it was found. */
export interface ReadLog extends Replayed {
  /** All segments read, the last of which may be written on. */
  readonly segments: Segment[];
  /** Records of the last segment. */
  readonly tail: Uint8Array;
  end: LogEnd;
  /** Describes a write that was cut short and is left out; null if there is none. */
  readonly torn: string | null;
}

/** Returns the log in `dir`. Throws StorageError if it is damaged, lacks something, or is another's. */
export function readLog(dir: string, owner: LogOwner): ReadLog {
  const numbers = lastRun(segmentsIn(dir));
  if (numbers.length === 0) throw damaged(`The log in ${dir} is gone: it has no segment`);
  const [first, ...rest] = numbers;
  let read = readSegment(dir, owner, first!, null, rest.length === 0);
  for (const number of rest) read = readSegment(dir, owner, number, read, number === numbers.at(-1));
  assertComplete(read, dir);
  return read;
}

/** Returns the numbers without a gap up to the highest. Those below a gap were to be removed, or the log lacks entries. */
function lastRun(numbers: readonly number[]): readonly number[] {
  const gap = numbers.findLastIndex((number, at) => at > 0 && number !== numbers[at - 1]! + 1);
  return gap < 0 ? numbers : numbers.slice(gap);
}

function readSegment(dir: string, owner: LogOwner, number: number, before: ReadLog | null, isLast: boolean): ReadLog {
  const path = segmentPath(dir, number);
  const bytes = Deno.readFileSync(path);
  const from = before?.end ?? (number === 1 ? NO_END : null);
  const { records, end, torn } = scanSegment(path, bytes, Uint8Array.fromHex(owner.log), from, isLast);
  const [{ payload }, ...rest] = records as [(typeof records)[number], ...typeof records];
  const head = headIn(payload, path, owner, number, bytes.length);
  if (before !== null) assertContinues(path, owner, head, payload, standingOf(before));
  const replayed = before ?? stateAt(head);
  const segment: Segment = { number, highest: 0, bytes: bytes.length };
  const segments = [...before?.segments ?? [], segment];
  for (const record of rest) replayRecord(replayed, segments, record.payload, record.number, path);
  return {
    state: replayed.state,
    guard: replayed.guard,
    segments,
    tail: bytes.subarray(0, end),
    end: records.at(-1)!,
    torn,
  };
}

/** Returns what a log stands at. */
export const standingOf = ({ state, guard }: Replayed): Standing => ({
  small: state.small,
  lastIndex: state.lastIndex,
  guard,
});

function headIn(payload: Uint8Array, path: string, owner: LogOwner, number: number, bytes: number): SegmentHead {
  const head = readPayload(payload, 1, path);
  if (head.kind === "transaction") throw damaged(`${path} does not begin with a state`);
  const { cluster, replica } = head;
  if (head.segment !== number) throw damaged(`${path} is segment ${head.segment} of its log`);
  if (head.bytes !== bytes) throw damaged(`${path} has ${bytes} bytes and was made with ${head.bytes}`);
  if (cluster !== owner.clusterId || replica !== owner.replica) {
    throw damaged(`${path} is of cluster ${cluster} replica ${replica}`);
  }
  return head;
}

function assertContinues(
  path: string,
  owner: LogOwner,
  head: SegmentHead,
  found: Uint8Array,
  standing: Standing,
): void {
  if (equalBytes(headPayload(owner, head, standing), found)) return;
  throw damaged(`${path} begins with another state than the segments before it come to`);
}

function replayRecord(
  replayed: Replayed,
  segments: readonly Segment[],
  bytes: Uint8Array,
  number: number,
  path: string,
): void {
  const payload = readPayload(bytes, number, path);
  if (payload.kind !== "transaction") throw damaged(`Record ${number} in ${path} is no transaction`);
  try {
    replayTransaction(replayed, payload);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw damaged(`Record ${number} in ${path} does not fit what is before it: ${error.message}`, error);
  }
  noteEntries(segments, beginsEpoch(payload), replayed.state.lastIndex);
}
