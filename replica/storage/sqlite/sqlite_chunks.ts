/** Chunks of snapshots in the database, each under the SHA-256 of its bytes (§8.3). */
import type { DatabaseSync } from "node:sqlite";
import { sha256Hex } from "../../../crypto/digest.ts";
import type { Digest } from "../../../protocol/ids.ts";
import type { Chunk, ChunkReader } from "../../../protocol/ports.ts";
import { damaged } from "../damage.ts";
import { blob, hashBytes, hashOf } from "./sqlite_row.ts";

export class ChunkTable implements ChunkReader {
  readonly #insert;
  readonly #delete;
  readonly #read;
  readonly #digests;
  /**
   * The digests in the table, including the running transaction's: each checkpoint asks for every chunk of the state, and a lookup in the
   * table costs 3 µs.
   */
  #held: Set<Digest>;
  /** Dropped chunks that are still in the table: what no longer needs them has to be durable first. */
  readonly #dropped = new Set<Digest>();

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare("INSERT INTO chunks (digest, body) VALUES (?, ?) ON CONFLICT DO NOTHING");
    this.#delete = db.prepare("DELETE FROM chunks WHERE digest = ?");
    this.#read = db.prepare("SELECT body FROM chunks WHERE digest = ?");
    this.#digests = db.prepare("SELECT digest FROM chunks ORDER BY digest");
    this.#held = new Set(this.digests());
  }

  /** Reads the digests again after a rollback, which undid what was put or dropped. */
  reload(): void {
    this.#dropped.clear();
    this.#held = new Set(this.digests());
  }

  /** True if {@linkcode sweep} has something to remove. */
  get hasDropped(): boolean {
    return this.#dropped.size > 0;
  }

  /** Removes the dropped chunks from the table. */
  sweep(): void {
    for (const digest of this.#dropped) this.#delete.run(hashBytes(digest));
    this.#dropped.clear();
  }

  put(chunks: readonly Chunk[]): void {
    for (const { digest, bytes } of chunks) {
      this.#insert.run(hashBytes(digest), bytes);
      this.#held.add(digest);
      this.#dropped.delete(digest);
    }
  }

  /** Takes chunks out of what is held; {@linkcode sweep} removes them. */
  drop(digests: readonly Digest[]): void {
    for (const digest of digests) if (this.#held.delete(digest)) this.#dropped.add(digest);
  }

  has(digest: Digest): boolean {
    return this.#held.has(digest);
  }

  /** Throws {@linkcode StorageError} if the disk returns other bytes than were written. */
  read(digest: Digest): Uint8Array | null {
    if (!this.#held.has(digest)) return null;
    const row = this.#read.get(hashBytes(digest));
    if (row === undefined) return null;
    const bytes = blob(row, "body");
    const found = sha256Hex(bytes);
    if (found !== digest) {
      throw damaged(
        `Chunk ${digest} of a snapshot is not what was written: its ${bytes.length} bytes have digest ${found}`,
      );
    }
    return bytes;
  }

  /** Returns the digests in ascending order. */
  digests(): Digest[] {
    return this.#digests.all().map((row) => hashOf(row, "digest"));
  }
}
