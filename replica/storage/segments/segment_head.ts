/** The first record of a segment: the state that all segments before it come to, but for the entries. */
import type { LogIndex } from "../../../protocol/ids.ts";
import type { GuardRecord } from "../guard.ts";
import type { SmallState } from "../log_state.ts";
import { payload, type SegmentHead } from "./payload.ts";
import { type Place, RecordWriter } from "./record.ts";

/** The owner of a log. */
export interface LogOwner {
  readonly clusterId: string;
  readonly replica: string;
  /** Random id of 8 bytes that the log shares with the database beside it, in hexadecimal digits. */
  readonly log: string;
}

/** The state between two transactions. */
export interface Standing {
  readonly small: SmallState;
  readonly lastIndex: LogIndex;
  readonly guard: GuardRecord;
}

/** Bytes of a segment, unless one record takes more: the first has the fewest, each other one twice as many as the one before, up to the most. */
const FIRST_BYTES = 64 * 1024;
/** A larger one would stand in the way of commits for longer: to create 1 MiB takes 3 ms, 4 MiB 20 ms. */
const MOST_BYTES = 1024 * 1024;
/** Sizes of files are multiples of this. */
const BLOCK_BYTES = 4096;

/** The first record of a segment, and how large its file is to be. */
export interface BegunSegment {
  readonly record: Uint8Array;
  readonly checksum: Uint8Array;
  readonly bytes: number;
}

/** Returns the beginning of segment `segment`, which has room for a record of `room` bytes. */
export function beginSegment(
  owner: LogOwner,
  segment: number,
  standing: Standing,
  place: Place,
  room: number,
): BegunSegment {
  const sizing = writeHead(owner, headOf(owner, segment, 0, standing));
  // A head that holds a long branch is not to be written anew for every few records.
  const wanted = 2 * sizing.recordBytes + room;
  const bytes = Math.max(segmentBytes(segment), Math.ceil(wanted / BLOCK_BYTES) * BLOCK_BYTES);
  const checksum = new Uint8Array(32);
  const record = writeHead(owner, headOf(owner, segment, bytes, standing)).seal(place, checksum);
  return { record, checksum, bytes };
}

const segmentBytes = (segment: number): number => Math.min(MOST_BYTES, FIRST_BYTES * 2 ** Math.min(segment - 1, 10));

/** Returns the payload of the head that `standing` gives a segment of this number and size. */
export function headPayload(owner: LogOwner, { segment, bytes }: SegmentHead, standing: Standing): Uint8Array {
  return writeHead(owner, headOf(owner, segment, bytes, standing)).written();
}

function headOf(owner: LogOwner, segment: number, bytes: number, standing: Standing): SegmentHead {
  const { small, ...rest } = standing;
  const kind = small.genesis === null ? "head" : "head-of-epoch";
  return { kind, cluster: owner.clusterId, replica: owner.replica, segment, bytes, ...small, ...rest };
}

function writeHead({ log }: LogOwner, head: SegmentHead): RecordWriter {
  const writer = new RecordWriter(Uint8Array.fromHex(log));
  writer.begin();
  payload.write(writer, head);
  return writer;
}
