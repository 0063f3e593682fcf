/** The disk of a replica on memory storage. Entries, certificates and chunks are shared, never copied: they are immutable. */
import type { Certificate, CheckpointProof, CommitCertificate } from "../../../protocol/certificate.ts";
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import type { Evidence } from "../../../protocol/evidence.ts";
import type { Digest, LogIndex } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { Chunk } from "../../../protocol/ports.ts";
import type { HardState, PersistOperation, Recovered } from "../../core/log/durable_state.ts";
import { branchAbove } from "../branch_above.ts";
import { EMPTY_HARD_STATE, EMPTY_RECOVERED } from "../empty.ts";
import { type GuardRecord, NOTHING_SIGNED } from "../guard.ts";
import { EMPTY_TIP, type Tip } from "../tip.ts";

/** Everything but the log and the chunks, which are changed in place. */
interface SmallState {
  hardState: HardState;
  base: Head | null;
  prepared: Certificate | null;
  branch: readonly ChainedEntry[];
  commitIndex: LogIndex;
  commitCertificate: CommitCertificate | null;
  evidence: readonly Evidence[];
  checkpoint: CheckpointProof | null;
  transfer: CheckpointProof | null;
}

const { entries: _none, ...EMPTY_SMALL } = EMPTY_RECOVERED;

export class MemoryDisk {
  tip: Tip = EMPTY_TIP;
  guard: GuardRecord = NOTHING_SIGNED;
  meta = new Map<string, string>();
  /** Reason why no replica may start on it any more; null while one may. */
  outdated: string | null = null;
  /** Reason why it takes no writes for now, as a full disk does; null while it takes them. */
  refusing: string | null = null;
  #small: SmallState = { ...EMPTY_SMALL };
  #entries: ChainedEntry[] = [];
  #chunks = new Map<Digest, Uint8Array>();
  /** Chunks that the next transaction of anything else makes durable: a crash before it loses them. */
  #unsynced = new Set<Digest>();
  /** Steps that undo the changes of the running transaction to log and chunks, to be run last one first. */
  #undo: (() => void)[] = [];

  /** Returns the disk of a replica that lost its own and begins anew as a learner (§8.4). */
  static recovering(nonce: Digest): MemoryDisk {
    const disk = new MemoryDisk();
    const hardState: HardState = { ...EMPTY_HARD_STATE, recovery: { nonce, bar: null } };
    disk.#small.hardState = hardState;
    disk.tip = { ...EMPTY_TIP, hardState };
    return disk;
  }

  /** The log, to inspect; it changes with the next transaction. */
  get entries(): readonly ChainedEntry[] {
    return this.#entries;
  }

  /** The chunks, to inspect; they change with the next transaction. */
  get chunks(): ReadonlyMap<Digest, Uint8Array> {
    return this.#chunks;
  }

  /** Its present parts, to inspect without the copy that {@linkcode recovered} makes of the log. */
  get hardState(): HardState {
    return this.#small.hardState;
  }
  get base(): Head | null {
    return this.#small.base;
  }
  get prepared(): Certificate | null {
    return this.#small.prepared;
  }
  get branch(): readonly ChainedEntry[] {
    return this.#small.branch;
  }
  get commitIndex(): LogIndex {
    return this.#small.commitIndex;
  }
  get checkpoint(): CheckpointProof | null {
    return this.#small.checkpoint;
  }

  /** Returns the entry at `index`, or undefined if the log has none, or has it no longer. */
  entryAt(index: LogIndex): ChainedEntry | undefined {
    return this.#entries[index - (this.#small.base?.index ?? 0) - 1];
  }

  /** Returns a copy that later transactions do not change. */
  recovered(): Recovered {
    return { ...this.#small, entries: this.#entries.slice() };
  }

  /** Returns a copy of the whole disk, for a simulation that rolls one back (§1.3). */
  clone(): MemoryDisk {
    const copy = new MemoryDisk();
    copy.tip = this.tip;
    copy.guard = this.guard;
    copy.meta = new Map(this.meta);
    copy.outdated = this.outdated;
    copy.#small = { ...this.#small };
    copy.#entries = this.#entries.slice();
    copy.#chunks = new Map(this.#chunks);
    copy.#unsynced = new Set(this.#unsynced);
    return copy;
  }

  /** Starts a transaction; the function returned undoes its operations. The guard's record is set by the caller, last. */
  begin(): () => void {
    const { tip } = this;
    const small = { ...this.#small };
    this.#undo = [];
    return () => {
      for (const step of this.#undo.reverse()) step();
      this.tip = tip;
      this.#small = small;
    };
  }

  /** Makes one change, which was checked before. */
  write(operation: PersistOperation): void {
    const small = this.#small;
    switch (operation.op) {
      case "hard-state":
        small.hardState = operation.state;
        return;
      case "append":
        return this.#append(operation.entries);
      case "truncate":
        return this.#remove(this.#position(operation.after), this.#entries.length);
      case "prepared":
        small.prepared = operation.certificate;
        small.branch = operation.branch.slice();
        return;
      case "commit":
        small.commitIndex = operation.index;
        small.commitCertificate = operation.certificate;
        return;
      case "evidence":
        if (small.evidence.length < LIMITS.maxEvidence) small.evidence = [...small.evidence, operation.evidence];
        return;
      case "chunks":
        return this.#putChunks(operation.chunks);
      case "drop-chunks":
        return this.#dropChunks(operation.digests);
      case "checkpoint":
        small.checkpoint = operation.proof;
        return;
      case "compact":
        this.#remove(0, this.#position(operation.base.index));
        return this.#moveBase(operation.base);
      case "restart-log":
        this.#remove(0, this.#entries.length);
        return this.#moveBase(operation.base);
      case "transfer":
        small.transfer = operation.proof;
    }
  }

  /** Makes all chunks durable, as a transaction of anything but chunks does. */
  sync(): void {
    this.#unsynced.clear();
  }

  /** Loses what a power cut takes at worst: all chunks that no later transaction has made durable. */
  loseUnsynced(): void {
    for (const digest of this.#unsynced) this.#chunks.delete(digest);
    this.#unsynced.clear();
  }

  /** Returns the number of entries at or below `index`. */
  #position(index: LogIndex): number {
    return Math.max(0, index - (this.#small.base?.index ?? 0));
  }

  #append(entries: readonly ChainedEntry[]): void {
    const length = this.#entries.length;
    this.#undo.push(() => this.#entries.length = length);
    for (const entry of entries) this.#entries.push(entry);
  }

  /** Removes the entries from position `from` to below `to`. */
  #remove(from: number, to: number): void {
    const before = this.#entries;
    const after = from === 0 ? before.slice(to) : before;
    const removed = from === 0 ? null : before.splice(from);
    this.#entries = after;
    this.#undo.push(() => {
      this.#entries = before;
      if (removed !== null) { for (const entry of removed) before.push(entry); }
    });
  }

  #moveBase(base: Head): void {
    this.#small.base = base;
    this.#small.branch = branchAbove(this.#small.branch, base);
  }

  #putChunks(chunks: readonly Chunk[]): void {
    for (const { digest, bytes } of chunks) {
      if (this.#chunks.has(digest)) continue;
      this.#chunks.set(digest, bytes);
      this.#unsynced.add(digest);
      this.#undo.push(() => {
        this.#chunks.delete(digest);
        this.#unsynced.delete(digest);
      });
    }
  }

  #dropChunks(digests: readonly Digest[]): void {
    for (const digest of digests) {
      const bytes = this.#chunks.get(digest);
      if (bytes === undefined) continue;
      const unsynced = this.#unsynced.delete(digest);
      this.#chunks.delete(digest);
      this.#undo.push(() => {
        this.#chunks.set(digest, bytes);
        if (unsynced) this.#unsynced.add(digest);
      });
    }
  }
}
