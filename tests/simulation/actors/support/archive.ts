/** Everything any replica ever made durable, entries, snapshots, proofs: colluders forget nothing, whatever others drop (§8.2). */
import type { CheckpointProof } from "../../../../protocol/certificate.ts";
import type { ChainedEntry, Head } from "../../../../protocol/entry.ts";
import type { Digest, LogIndex } from "../../../../protocol/ids.ts";
import { offset } from "../../../../protocol/ids.ts";
import type { PersistOperation } from "../../../../replica/core/log/durable_state.ts";
import type { MemoryDisk } from "../../../../replica/storage/memory/memory_disk.ts";

interface Filed {
  readonly chained: ChainedEntry;
  /** Hash of the entry before it. */
  readonly previous: Digest;
}

export class Archive {
  /** Proofs of checkpoints, ascending by index. */
  readonly proofs: CheckpointProof[] = [];
  /** Chunks of snapshots by digest. */
  readonly chunks = new Map<Digest, Uint8Array>();
  /** Of the epoch, and where the log of one begins that has not its state (§13.7). */
  readonly #genesis: Head;
  readonly #origin: Digest;
  readonly #filed = new Map<Digest, Filed>();

  constructor(genesis: Head, origin: Digest = genesis.hash) {
    this.#genesis = genesis;
    this.#origin = origin;
  }

  /** Records that a transaction was made durable on `disk`. */
  persisted(operations: readonly PersistOperation[], disk: MemoryDisk): void {
    for (const operation of operations) {
      if (operation.op === "append") this.#file(operation.entries, disk);
      else if (operation.op === "prepared") this.#file(operation.branch, disk);
      else if (operation.op === "checkpoint") this.#fileProof(operation.proof);
      else if (operation.op === "chunks") {
        for (const { digest, bytes } of operation.chunks) this.chunks.set(digest, bytes);
      }
    }
  }

  /** Returns the entries above `after` on the chain that ends in `head`, ascending; null if that is not known so far down. */
  chain(head: Head, after: LogIndex): ChainedEntry[] | null {
    const found: ChainedEntry[] = [];
    let { index, hash } = head;
    for (; index > after; index = offset(index, -1)) {
      const filed = this.#filed.get(hash);
      if (filed === undefined || filed.chained.entry.index !== index) return null;
      found.push(filed.chained);
      hash = filed.previous;
    }
    return index > this.#genesis.index || hash === this.#genesis.hash ? found.reverse() : null;
  }

  #fileProof(proof: CheckpointProof): void {
    const { index } = proof.stable;
    const at = this.proofs.findLastIndex(({ stable }) => stable.index <= index);
    if (this.proofs[at]?.stable.index !== index) this.proofs.splice(at + 1, 0, proof);
  }

  #file(entries: readonly ChainedEntry[], disk: MemoryDisk): void {
    let previous: Digest | undefined;
    for (const chained of entries) {
      previous ??= this.#before(chained.entry.index, disk);
      if (previous === undefined) return; // it has been dropped again, or replaced, in the same transaction
      if (!this.#filed.has(chained.hash)) this.#filed.set(chained.hash, { chained, previous });
      previous = chained.hash;
    }
  }

  #before(index: LogIndex, disk: MemoryDisk): Digest | undefined {
    const base = disk.base ?? { index: 0, hash: this.#origin };
    const before = offset(index, -1);
    return before === base.index ? base.hash : disk.entryAt(before)?.hash;
  }
}
