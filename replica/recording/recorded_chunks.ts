/**
 * The chunks of snapshots on the disk of a replica whose run is replayed: those the disk held at the start, and those the run itself wrote
 * and dropped. A step sees what was committed before it, as it did then: a transaction ends after each `flush`.
 */
import type { Digest } from "../../protocol/ids.ts";
import type { Chunk, ChunkReader } from "../../protocol/ports.ts";
import type { Input } from "../core/input.ts";
import type { PersistOperation } from "../core/log/durable_state.ts";

export class RecordedChunks implements ChunkReader {
  readonly #held = new Map<Digest, Uint8Array>();
  /** The operations of the transaction that is not committed yet. */
  readonly #operations: PersistOperation[] = [];

  constructor(chunks: readonly Chunk[]) {
    this.#put(chunks);
  }

  has(digest: Digest): boolean {
    return this.#held.has(digest);
  }

  read(digest: Digest): Uint8Array | null {
    return this.#held.get(digest) ?? null;
  }

  digests(): Iterable<Digest> {
    return [...this.#held.keys()].sort();
  }

  /** Records the operations that the step on `input` persisted. */
  observe({ kind }: Input, persist: readonly PersistOperation[]): void {
    this.#operations.push(...persist.filter(({ op }) => op === "chunks" || op === "drop-chunks"));
    if (kind !== "flush") return;
    for (const operation of this.#operations.splice(0)) {
      if (operation.op === "chunks") this.#put(operation.chunks);
      if (operation.op === "drop-chunks") operation.digests.forEach((digest) => this.#held.delete(digest));
    }
  }

  #put(chunks: readonly Chunk[]): void {
    for (const { digest, bytes } of chunks) this.#held.set(digest, bytes);
  }
}
