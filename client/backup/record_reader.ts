/** Reads a backup record by record. Every length is checked against its limit before memory is allocated for it. */
import { ByteReader } from "../../protocol/bytes/byte_reader.ts";
import { DIGEST_BYTES } from "../../protocol/bytes/sizes.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { InvalidBackupError } from "../errors.ts";
import {
  BACKUP_VERSION,
  EPOCHLESS_VERSION,
  MAGIC,
  RECORD_BYTES,
  RECORD_LIMITS,
  RECORD_NAMES,
  type RecordKind,
} from "./format.ts";
import { type ByteSource, HashedSource } from "./hashed_source.ts";

/** One record, as read. */
export interface BackupRecord {
  readonly kind: RecordKind;
  readonly bytes: Uint8Array;
}

const HEADER_BYTES = 1 + 4;
const EPOCH_BYTES = 8;

export class RecordReader {
  /** Cluster that the backup claims to be of. */
  readonly cluster: string;
  /** Epoch that it claims to be of. */
  readonly epoch: number;
  readonly #source: HashedSource;
  #next: BackupRecord | null = null;

  /** Reads the header. Throws {@linkcode InvalidBackupError}. */
  constructor(source: HashedSource) {
    this.#source = source;
    const magic = source.take(MAGIC.length);
    if (magic === null || magic.some((byte, at) => byte !== MAGIC[at])) {
      throw new InvalidBackupError(
        "not-a-backup",
        "given a file that does not begin as a backup does; wanted a backup",
      );
    }
    const version = this.#take(1, "the version")[0]!;
    if (version !== BACKUP_VERSION && version !== EPOCHLESS_VERSION) {
      throw new InvalidBackupError(
        "unknown-version",
        `given version ${version}; wanted ${BACKUP_VERSION}: the version of this program that wrote it can restore it, and no other`,
      );
    }
    const length = this.#take(1, "the cluster id")[0]!;
    if (length > LIMITS.maxIdBytes) {
      throw unproven(`a cluster id of ${length} bytes; wanted at most ${LIMITS.maxIdBytes}`);
    }
    this.cluster = new TextDecoder().decode(this.#take(length, "the cluster id"));
    this.epoch = version === EPOCHLESS_VERSION ? 1 : new ByteReader(this.#take(EPOCH_BYTES, "the epoch")).u64();
    if (this.epoch < 1) throw unproven(`an epoch of ${this.epoch}; wanted at least 1`);
  }

  /** Bytes read so far. */
  get at(): number {
    return this.#source.at - (this.#next === null ? 0 : HEADER_BYTES + this.#next.bytes.length);
  }

  /** Kind of the next record. */
  get kind(): RecordKind {
    return this.#peek().kind;
  }

  /** Returns the content of the next record, which must be of `kind`. Throws {@linkcode InvalidBackupError}. */
  take(kind: RecordKind): Uint8Array {
    const record = this.#peek();
    if (record.kind !== kind) throw unproven(`a record (${record.kind}) at byte ${this.at}; wanted one of ${kind}`);
    this.#next = null;
    return record.bytes;
  }

  /** Takes the end record, which nothing may follow. Throws {@linkcode InvalidBackupError}. */
  end(): void {
    this.take("end");
    if (!this.#source.done) throw unproven(`bytes behind the end, from byte ${this.at} on; wanted none`);
  }

  #peek(): BackupRecord {
    return this.#next ??= this.#read();
  }

  #read(): BackupRecord {
    const header = new ByteReader(this.#take(HEADER_BYTES, "a record"));
    const type = header.u8();
    const length = header.u32();
    const kind = RECORD_NAMES.get(type);
    if (kind === undefined) {
      throw unproven(`a record of type ${type} at byte ${this.at}; wanted at most ${RECORD_BYTES.epoch}`);
    }
    if (length > RECORD_LIMITS[kind] || (kind === "end" && length !== DIGEST_BYTES)) {
      throw unproven(
        `a record (${kind}) of ${length} bytes at byte ${this.at}; wanted at most ${RECORD_LIMITS[kind]}`,
      );
    }
    return { kind, bytes: this.#take(length, `a record (${kind})`) };
  }

  #take(length: number, what: string): Uint8Array {
    const bytes = this.#source.take(length);
    if (bytes === null) throw unproven(`a file that ends inside ${what}`);
    return bytes;
  }
}

const unproven = (given: string): InvalidBackupError => new InvalidBackupError("unproven", `given ${given}`);

/**
 * Returns the result of `read` on the records in `file`. Throws {@linkcode InvalidBackupError} if `read` finds a fault or the digest at the
 * end is not that of the file: plain damage is reported as damage, whatever it made of the content.
 */
export function readRecords<T>(file: ByteSource, read: (reader: RecordReader) => T): T {
  const source = new HashedSource(file);
  let value: T;
  try {
    value = read(new RecordReader(source));
  } catch (error) {
    if (error instanceof InvalidBackupError && error.code !== "not-a-backup") assertWhole(source);
    throw error;
  }
  assertWhole(source);
  return value;
}

function assertWhole(source: HashedSource): void {
  const { said, found } = source.end();
  if (said === found) return;
  throw new InvalidBackupError(
    "damaged",
    `given a file that is damaged or cut off: its SHA-256 is ${found}, and ${said || "nothing"} stands at its end`,
  );
}
