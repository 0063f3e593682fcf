/** A log that is written on. Each transaction is one record, one write and one sync. */
import { type LogIndex, logIndex } from "../../../protocol/ids.ts";
import { StorageError } from "../port.ts";
import { payload, type StoredTransaction } from "./payload.ts";
import { beginsEpoch, noteEntries, type ReadLog, type Segment } from "./read_log.ts";
import { RecordWriter } from "./record.ts";
import {
  type OpenSegment,
  removeUnfinished,
  segmentPath,
  segmentsIn,
  writeAll,
  writeSegment,
} from "./segment_files.ts";
import { beginSegment, type LogOwner, type Standing } from "./segment_head.ts";

export interface LogOptions extends LogOwner {
  readonly dir: string;
  /** Largest size of all segments; a record that needs another one fails as on a full disk. Default: no bound. */
  readonly maxLogBytes?: number;
}

export class Log {
  readonly #options: LogOptions;
  readonly #segments: Segment[];
  readonly #writer: RecordWriter;
  #open: OpenSegment;
  /** Position behind the last record of the last segment. */
  #at: number;
  #number: number;
  /** True if the record made last begins an epoch. */
  #begins = false;
  #checksum: Uint8Array<ArrayBuffer>;
  #next: Uint8Array<ArrayBuffer> = new Uint8Array(32);

  /**
   * Takes the log that was `read` for writing. Its last segment is written anew: what a killed process or a failed sync left of it may be
   * in memory alone, and what a write left that was cut short must not stand behind later records.
   */
  constructor(options: LogOptions, read: ReadLog) {
    const { dir, log } = options;
    this.#options = options;
    this.#segments = read.segments;
    this.#writer = new RecordWriter(Uint8Array.fromHex(log));
    this.#number = read.end.number;
    this.#checksum = read.end.checksum.slice();
    this.#at = read.tail.length;
    const last = this.#last;
    this.#assertRoom(last.bytes);
    removeUnfinished(dir);
    this.dropBelow(read.state.base?.index ?? logIndex(0));
    for (const number of segmentsIn(dir)) {
      if (number < this.#segments[0]!.number) Deno.removeSync(segmentPath(dir, number));
    }
    this.#open = writeSegment(dir, last.number, read.tail, last.bytes);
  }

  /** Number of the last record. */
  get number(): number {
    return this.#number;
  }

  /** Makes the next record of `transaction`. Throws RangeError on what cannot be encoded; nothing has changed then. */
  encode(transaction: StoredTransaction): void {
    this.#writer.begin();
    payload.write(this.#writer, transaction);
    this.#begins = beginsEpoch(transaction);
  }

  /**
   * Writes the record made last durably; `meanwhile` is called before the disk is waited for. `before` is what the log stood at before it, and `lastIndex` where
   * its entries end after it.
   */
  write(before: Standing, lastIndex: LogIndex, meanwhile: () => void): void {
    const writer = this.#writer;
    if (this.#at + writer.recordBytes > this.#last.bytes) this.#roll(before, writer.recordBytes);
    const record = writer.seal({ number: this.#number + 1, previous: this.#checksum }, this.#next);
    const { file } = this.#open;
    writeAll(file, record);
    meanwhile();
    file.syncDataSync();
    this.#at += record.length;
    this.#wrote(this.#next);
    noteEntries(this.#segments, this.#begins, lastIndex);
  }

  /** Removes the segments that no entry above `base` is in. */
  dropBelow(base: LogIndex): void {
    while (this.#segments.length > 1 && this.#segments[0]!.highest <= base) {
      Deno.removeSync(segmentPath(this.#options.dir, this.#segments[0]!.number));
      this.#segments.shift();
    }
  }

  close(): void {
    this.#open.file.close();
  }

  get #last(): Segment {
    return this.#segments.at(-1)!;
  }

  #wrote(checksum: Uint8Array): void {
    this.#number++;
    this.#checksum.set(checksum);
  }

  /** Goes on in a new segment, with room for a record of `room` bytes. */
  #roll(standing: Standing, room: number): void {
    const { dir } = this.#options;
    const segment = this.#last.number + 1;
    const place = { number: this.#number + 1, previous: this.#checksum };
    const { record, checksum, bytes } = beginSegment(this.#options, segment, standing, place, room);
    this.#assertRoom(bytes);
    const open = writeSegment(dir, segment, record, bytes);
    this.#open.file.close();
    this.#open = open;
    this.#at = record.length;
    this.#segments.push({ number: segment, highest: 0, bytes });
    this.#wrote(checksum);
  }

  #assertRoom(bytes: number): void {
    const { maxLogBytes = Infinity, dir } = this.#options;
    const held = this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
    if (held + bytes <= maxLogBytes) return;
    throw new StorageError(`The log in ${dir} is full: ${held} bytes of ${maxLogBytes} are used`, { refused: true });
  }
}
