/** Snapshots in memory, for the tests of code that writes and reads them. */
import { sha256Hex } from "../../crypto/digest.ts";
import type { Digest } from "../../protocol/ids.ts";
import type { Chunk, ChunkReader, FrozenState } from "../../protocol/ports.ts";
import { nextChunks, type SnapshotWriter, type WrittenSnapshot } from "../../protocol/snapshot/snapshot_writer.ts";

/** A chunk store that behaves like a disk: every chunk put is held from then on. */
export class HeldChunks implements ChunkReader {
  readonly #held = new Map<Digest, Uint8Array>();

  put(chunks: readonly Chunk[]): void {
    for (const { digest, bytes } of chunks) this.#held.set(digest, bytes);
  }

  drop(digest: Digest): void {
    this.#held.delete(digest);
  }

  has(digest: Digest): boolean {
    return this.#held.has(digest);
  }

  read(digest: Digest): Uint8Array | null {
    return this.#held.get(digest) ?? null;
  }

  digests(): Iterable<Digest> {
    return this.#held.keys();
  }
}

/** A frozen state of the given chunks that records what it was asked for. */
export class WatchedState implements FrozenState {
  readonly asked: string[] = [];
  readonly #chunks: readonly Uint8Array[];

  constructor(chunks: readonly Uint8Array[]) {
    this.#chunks = chunks;
  }

  get chunkCount(): number {
    return this.#chunks.length;
  }

  chunk(at: number): Uint8Array {
    this.asked.push(`chunk ${at}`);
    return this.#chunks[at]!;
  }

  chunkDigest(at: number): Digest {
    this.asked.push(`digest ${at}`);
    return sha256Hex(this.#chunks[at]!);
  }
}

/** Runs a snapshot turn by turn until it is written; the chunks of each turn are held before the next. */
export function writeAll(
  writer: SnapshotWriter,
  held: HeldChunks,
  maxBytes: number,
): { readonly turns: Chunk[][]; readonly done: WrittenSnapshot } {
  const turns: Chunk[][] = [];
  while (true) {
    const { chunks, done } = nextChunks(writer, { hash: sha256Hex, chunks: held }, maxBytes);
    turns.push([...chunks]);
    held.put(chunks);
    if (done !== null) return { turns, done };
  }
}
