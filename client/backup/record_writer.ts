/** Writes a backup's records, and the digest of all of them at the end. */
import { createHash } from "node:crypto";
import { ByteWriter } from "../../protocol/bytes/byte_writer.ts";
import { BACKUP_VERSION, MAGIC, RECORD_BYTES, RECORD_LIMITS, type RecordKind } from "./format.ts";

/** Destination of the bytes; a `Deno.FsFile` is one. */
export interface ByteSink {
  /** Writes some of `bytes` and returns how many. */
  writeSync(bytes: Uint8Array): number;
}

const HEADER_BYTES = 1 + 4;
const EPOCH_BYTES = 8;
/** Small records are gathered up to this many bytes before they are written. */
const GATHERED_BYTES = 64 * 1024;

const headerOf = (kind: RecordKind, length: number): Uint8Array =>
  new ByteWriter(HEADER_BYTES).u8(RECORD_BYTES[kind]).u32(length).finish();

export class RecordWriter {
  readonly #sink: ByteSink;
  readonly #hash = createHash("sha256");
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #size = 0;

  /** Writes the header of a backup of an epoch of `cluster`. */
  constructor(sink: ByteSink, cluster: string, epoch: number) {
    this.#sink = sink;
    const id = new TextEncoder().encode(cluster);
    this.#put(MAGIC);
    this.#put(Uint8Array.of(BACKUP_VERSION, id.length, ...id));
    this.#put(new ByteWriter(EPOCH_BYTES).u64(epoch).finish());
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  /** Writes one record. Throws a RangeError on one that no reader would take. */
  record(kind: Exclude<RecordKind, "end">, bytes: Uint8Array): void {
    if (bytes.length > RECORD_LIMITS[kind]) {
      throw new RangeError(`a record (${kind}) has ${bytes.length} bytes, at most ${RECORD_LIMITS[kind]} are allowed`);
    }
    this.#put(headerOf(kind, bytes.length));
    this.#put(bytes);
  }

  /** Writes the end; there is nothing to write afterwards. */
  end(): void {
    this.#put(headerOf("end", RECORD_LIMITS.end));
    const digest = new Uint8Array(this.#hash.digest());
    this.#gather(digest);
    this.#flush();
  }

  #put(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#gather(bytes);
  }

  #gather(bytes: Uint8Array): void {
    this.#size += bytes.length;
    this.#gatheredBytes += bytes.length;
    this.#gathered.push(bytes);
    if (this.#gatheredBytes >= GATHERED_BYTES) this.#flush();
  }

  #flush(): void {
    const whole = new Uint8Array(this.#gatheredBytes);
    let at = 0;
    for (const bytes of this.#gathered) {
      whole.set(bytes, at);
      at += bytes.length;
    }
    this.#gathered = [];
    this.#gatheredBytes = 0;
    for (at = 0; at < whole.length;) at += this.#sink.writeSync(whole.subarray(at));
  }
}
