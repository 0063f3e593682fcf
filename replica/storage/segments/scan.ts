/**
 * Reading a segment, strictly: a write that was under way as the power failed can only be the last one, and leaves sectors as they were,
 * zeros. Whatever else is wrong is damage, and nothing behind it is read.
 */
import { damaged } from "../damage.ts";
import { HEADER_BYTES, type LogRecord, NO_RECORD, recordAt, wholeHeader } from "./record.ts";

/** Fewest bytes that a disk writes whole or not at all. */
const SECTOR_BYTES = 512;

/** The records of one segment, and what is behind them. */
export interface Scanned {
  readonly records: readonly LogRecord[];
  /** Position behind the last one. */
  readonly end: number;
  /** Describes a write that was cut short there; null if there is none. */
  readonly torn: string | null;
}

/** The end of the segment before: number and checksum of its last record. */
export interface LogEnd {
  readonly number: number;
  readonly checksum: Uint8Array;
}

/** The end of a log without records. */
export const NO_END: LogEnd = { number: 0, checksum: NO_RECORD };

/**
 * Returns the records of the segment that `bytes` are, the first of them after `from`, or after anything if that is null. Throws
 * StorageError that names `path` on damage; only in the last segment may a write have been cut short.
 */
export function scanSegment(
  path: string,
  bytes: Uint8Array,
  log: Uint8Array,
  from: LogEnd | null,
  isLast: boolean,
): Scanned {
  const records: LogRecord[] = [];
  let end = 0;
  let after = from;
  for (let record = recordAt(bytes, 0, log); record !== null; record = recordAt(bytes, end, log)) {
    if (after !== null) assertFollows(path, record, after, end);
    records.push(record);
    after = record;
    end = record.end;
  }
  if (isZero(bytes, end, bytes.length) && records.length > 0) return { records, end, torn: null };
  const fault = records.length === 0 ? "holds no record at its beginning" : faultOfTail(bytes, end, log);
  if (fault !== null) throw damaged(`${path} is damaged: at byte ${end}, where its records end, it ${fault}`);
  const torn = `${path}: a write after record ${after?.number ?? 0} was cut short at byte ${end}`;
  if (!isLast) throw damaged(`${torn}, and another segment follows`);
  return { records, end, torn };
}

function assertFollows(path: string, { number, previous }: LogRecord, after: LogEnd, at: number): void {
  const fits = number === after.number + 1 && previous.every((byte, i) => byte === after.checksum[i]);
  if (fits) return;
  throw damaged(
    `${path} is damaged: record ${number} at byte ${at} does not follow record ${after.number} of this log`,
  );
}

/** Describes why what begins at `at` is no write that was cut short; null if it may be one. */
function faultOfTail(bytes: Uint8Array, at: number, log: Uint8Array): string | null {
  const total = wholeHeader(bytes, at, log);
  if (total !== null) return faultOfBody(bytes, at, at + total);
  const header = Math.min(bytes.length, at + HEADER_BYTES);
  if (!isZero(bytes, at, header)) {
    const cutShort = isZero(bytes, header, bytes.length) && bytes[header - 1] === 0;
    return cutShort ? null : "holds a header that was written and is wrong";
  }
  // The first sector is as it was, later ones are not.
  const sector = Math.min(bytes.length, nextSector(at));
  if (!isZero(bytes, at, sector)) return "holds part of a sector";
  return holdsRecord(bytes, sector, log) ? "lacks a record that others follow" : null;
}

/** The header is whole, so that the end of the record is known. */
function faultOfBody(bytes: Uint8Array, at: number, end: number): string | null {
  if (end > bytes.length) return "holds a record that is too long";
  if (!isZero(bytes, end, bytes.length)) return "holds a wrong record that others follow";
  if (bytes[end - 1] === 0) return null;
  for (let from = at; from < end; from = nextSector(from)) {
    if (isZero(bytes, from, Math.min(end, nextSector(from)))) return null;
  }
  return "holds a record that was written whole and is wrong";
}

const nextSector = (at: number): number => (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES;

/** Returns whether any whole record of the log begins at `from` or behind it. */
function holdsRecord(bytes: Uint8Array, from: number, log: Uint8Array): boolean {
  for (let at = from; at < bytes.length; at += HEADER_BYTES) {
    if (recordAt(bytes, at, log) !== null) return true;
  }
  return false;
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false;
  return true;
}
