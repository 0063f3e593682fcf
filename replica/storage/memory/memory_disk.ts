/** The disk of a replica on memory storage. Chunks are shared, never copied: they are immutable. */
import type { Certificate, CheckpointProof } from "../../../protocol/certificate.ts";
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import type { Evidence } from "../../../protocol/evidence.ts";
import type { Digest, LogIndex } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { Chunk } from "../../../protocol/ports.ts";
import type { HardState, PersistOperation, Recovered } from "../../core/log/durable_state.ts";
import { EMPTY_HARD_STATE, EMPTY_RECOVERED } from "../empty.ts";
import { epochOf } from "../epoch.ts";
import { type GuardRecord, NOTHING_SIGNED } from "../guard.ts";
import { isLogOperation, LogState } from "../log_state.ts";
import type { ArchivedEpoch } from "../port.ts";
import { EMPTY_TIP, type Tip } from "../tip.ts";

export class MemoryDisk {
  tip: Tip = EMPTY_TIP;
  guard: GuardRecord = NOTHING_SIGNED;
  meta = new Map<string, string>();
  /** The archive: rosters and ends by their epochs. */
  epochs = new Map<number, ArchivedEpoch>();
  /** Reason why no replica may start on it any more; null while one may. */
  outdated: string | null = null;
  /** Reason why it takes no writes for now, as a full disk does; null while it takes them. */
  refusing: string | null = null;
  #log = new LogState();
  /** Evidence by its epoch. */
  #evidence: ReadonlyMap<number, readonly Evidence[]> = new Map();
  #chunks = new Map<Digest, Uint8Array>();
  /** Chunks that the next transaction of anything else makes durable: a crash before it loses them. */
  #unsynced = new Set<Digest>();
  /** Steps that undo the changes of the running transaction to the chunks, to be run last one first. */
  #undo: (() => void)[] = [];

  /** Returns the disk of a replica that lost its own and begins anew as a learner (§8.4). */
  static recovering(nonce: Digest): MemoryDisk {
    const disk = new MemoryDisk();
    const hardState: HardState = { ...EMPTY_HARD_STATE, recovery: { nonce, bar: null } };
    disk.#log.write({ op: "hard-state", state: hardState });
    disk.tip = { ...EMPTY_TIP, hardState };
    return disk;
  }

  /** The log, to inspect; it changes with the next transaction. */
  get entries(): readonly ChainedEntry[] {
    return this.#log.entries;
  }

  /** The chunks, to inspect; they change with the next transaction. */
  get chunks(): ReadonlyMap<Digest, Uint8Array> {
    return this.#chunks;
  }

  /** Its present parts, to inspect without the copy that {@linkcode recovered} makes of the log. */
  get epoch(): number {
    return epochOf(this.#log.small);
  }
  get hardState(): HardState {
    return this.#log.hardState;
  }
  get base(): Head | null {
    return this.#log.base;
  }
  get prepared(): Certificate | null {
    return this.#log.prepared;
  }
  get branch(): readonly ChainedEntry[] {
    return this.#log.branch;
  }
  get commitIndex(): LogIndex {
    return this.#log.commitIndex;
  }
  get checkpoint(): CheckpointProof | null {
    return this.#log.checkpoint;
  }

  /** Returns the entry at `index`, or undefined if the log has none, or has it no longer. */
  entryAt(index: LogIndex): ChainedEntry | undefined {
    return this.#log.entryAt(index);
  }

  /** Returns a copy that later transactions do not change. */
  recovered(): Recovered {
    return { ...this.#log.small, entries: this.#log.entries.slice(), evidence: this.#evidenceOf(this.epoch) };
  }

  /** Returns a copy of the whole disk, for a simulation that rolls one back (§1.3). */
  clone(): MemoryDisk {
    const copy = new MemoryDisk();
    copy.tip = this.tip;
    copy.guard = this.guard;
    copy.meta = new Map(this.meta);
    copy.epochs = new Map(this.epochs);
    copy.outdated = this.outdated;
    copy.#log = this.#log.clone();
    copy.#evidence = this.#evidence;
    copy.#chunks = new Map(this.#chunks);
    copy.#unsynced = new Set(this.#unsynced);
    return copy;
  }

  /** Starts a transaction; the function returned undoes its operations. The guard's record is set by the caller, last. */
  begin(): () => void {
    const { tip } = this;
    const evidence = this.#evidence;
    const undoLog = this.#log.begin();
    this.#undo = [];
    return () => {
      for (const step of this.#undo.reverse()) step();
      undoLog();
      this.tip = tip;
      this.#evidence = evidence;
    };
  }

  /** Makes one change, which was checked before. */
  write(operation: PersistOperation): void {
    if (isLogOperation(operation)) return this.#log.write(operation);
    switch (operation.op) {
      case "evidence":
        return this.#putEvidence(operation.evidence);
      case "chunks":
        return this.#putChunks(operation.chunks);
      case "drop-chunks":
        return this.#dropChunks(operation.digests);
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

  #evidenceOf(epoch: number): readonly Evidence[] {
    return this.#evidence.get(epoch) ?? EMPTY_RECOVERED.evidence;
  }

  #putEvidence(piece: Evidence): void {
    const held = this.#evidenceOf(this.epoch);
    if (held.length < LIMITS.maxEvidence) this.#evidence = new Map([...this.#evidence, [this.epoch, [...held, piece]]]);
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
