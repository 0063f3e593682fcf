/**
 * The format of a record, the unit that is durable whole or not at all. It begins at a multiple of 64 bytes:
 *
 *     magic 4 | payload length 4 | number 8 | checksum of the record before 32 | log 8 | check of the 56 before 4 | end of header 4
 *     payload | zeros up to the alignment | SHA-256 of all before 32 | end of record 4
 *
 * A record names the one before it, so none can be taken for that of another place, another log or another copy of a segment. Header and
 * record end in bytes that are not zero: in a file of zeros, a write that was cut short lacks them.
 */
import { sha256Hex } from "../../../crypto/digest.ts";
import { Writer } from "../../../transport/codec/writer.ts";

/** Bytes of all that stands before the payload; also the alignment of records. No header lies in two sectors. */
export const HEADER_BYTES = 64;
const TRAILER_BYTES = 36;
/** "BLG1": the kind of file and the version of its records. */
const MAGIC = 0x424c4731;
const END_OF_HEADER = 0x3c68653e;
const END_OF_RECORD = 0x3c72653e;
/** Bytes of one record. The largest holds a catch-up (`maxFetchBytes`) and the branch beside it. */
const MAX_RECORD_BYTES = 2 ** 30;
const MAX_PAYLOAD_BYTES = MAX_RECORD_BYTES - HEADER_BYTES - TRAILER_BYTES;

const PREVIOUS_AT = 16;
const LOG_AT = 48;
const CHECK_AT = 56;

/** The place of a record: its number, and the checksum of the one before. */
export interface Place {
  readonly number: number;
  readonly previous: Uint8Array;
}

/** A record read from a segment. Payload and checksum are views. */
export interface LogRecord extends Place {
  readonly payload: Uint8Array;
  readonly checksum: Uint8Array;
  /** Position behind it. */
  readonly end: number;
}

/** The checksum before the first record of a log. */
export const NO_RECORD: Uint8Array = new Uint8Array(32);

/** Returns the bytes that a record with a payload of `length` bytes takes. */
export const recordBytes = (length: number): number =>
  Math.ceil((HEADER_BYTES + length + TRAILER_BYTES) / HEADER_BYTES) * HEADER_BYTES;

/** Writes one record after another in one buffer: the payload by the fields' schemas, the rest by {@linkcode RecordWriter.seal}. */
export class RecordWriter extends Writer {
  readonly #log: Uint8Array;

  /** Writes records of the log with this id of 8 bytes. */
  constructor(log: Uint8Array) {
    super(MAX_RECORD_BYTES);
    this.#log = log;
  }

  /** Begins a payload. */
  begin(): void {
    this.reset();
    this.need(HEADER_BYTES);
    this.at = HEADER_BYTES;
  }

  /** Bytes of the record begun, if its payload ends here. */
  get recordBytes(): number {
    return recordBytes(this.at - HEADER_BYTES);
  }

  /** Returns a copy of the payload written. */
  written(): Uint8Array {
    return this.buffer.slice(HEADER_BYTES, this.at);
  }

  /** Makes a record of the payload written, and returns a view of it that the next one overwrites. Its checksum is put into `checksum`. */
  seal({ number, previous }: Place, checksum: Uint8Array): Uint8Array {
    const [length, total] = [this.at - HEADER_BYTES, this.recordBytes];
    this.need(total - this.at);
    const { buffer } = this;
    this.at = 0;
    this.u32(MAGIC).u32(length).u64(number).raw(previous).raw(this.#log);
    this.u32(checkOf(buffer, 0)).u32(END_OF_HEADER);
    const sumAt = total - TRAILER_BYTES;
    buffer.fill(0, HEADER_BYTES + length, sumAt);
    checksum.setFromHex(sha256Hex(buffer.subarray(0, sumAt)));
    this.at = sumAt;
    this.raw(checksum).u32(END_OF_RECORD);
    return buffer.subarray(0, total);
  }
}

/** Returns the length of the record whose header is whole at `at`, a record of `log`; null if there is none. */
export function wholeHeader(bytes: Uint8Array, at: number, log: Uint8Array): number | null {
  if (at + HEADER_BYTES > bytes.length || u32At(bytes, at) !== MAGIC) return null;
  if (u32At(bytes, at + CHECK_AT) !== checkOf(bytes, at) || u32At(bytes, at + CHECK_AT + 4) !== END_OF_HEADER) {
    return null;
  }
  const length = u32At(bytes, at + 4);
  return startsWith(bytes, at + LOG_AT, log) && length <= MAX_PAYLOAD_BYTES ? recordBytes(length) : null;
}

/** Returns the record at `at`, whatever its place; null if there is none that is whole. */
export function recordAt(bytes: Uint8Array, at: number, log: Uint8Array): LogRecord | null {
  const total = wholeHeader(bytes, at, log);
  if (total === null || at + total > bytes.length || u32At(bytes, at + total - 4) !== END_OF_RECORD) return null;
  const sumAt = at + total - TRAILER_BYTES;
  const checksum = bytes.subarray(sumAt, sumAt + 32);
  if (sha256Hex(bytes.subarray(at, sumAt)) !== checksum.toHex()) return null;
  const payloadAt = at + HEADER_BYTES;
  return {
    number: u32At(bytes, at + 8) * 2 ** 32 + u32At(bytes, at + 12),
    previous: bytes.subarray(at + PREVIOUS_AT, at + LOG_AT),
    payload: bytes.subarray(payloadAt, payloadAt + u32At(bytes, at + 4)),
    checksum,
    end: at + total,
  };
}

/** FNV-1a over what a header holds before its check. */
function checkOf(bytes: Uint8Array, at: number): number {
  let hash = 0x811c9dc5;
  for (let i = at; i < at + CHECK_AT; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash >>> 0;
}

function startsWith(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  return wanted.every((byte, i) => bytes[at + i] === byte);
}

const u32At = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!) >>> 0;
