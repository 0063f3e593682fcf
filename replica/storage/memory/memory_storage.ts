/**
 * The memory twin: same semantics as the SQLite storage, with a disk that outlives the storage and crash points for simulations. Here, too,
 * a transaction is atomic, so a crash loses it whole or keeps it whole. Chunks that no later transaction has made durable are always lost
 * in a crash, the worst that a power cut does.
 */
import { genesisHash } from "../../../protocol/hash_chain.ts";
import type { Digest } from "../../../protocol/ids.ts";
import { term } from "../../../protocol/ids.ts";
import type { ChunkReader, Hash } from "../../../protocol/ports.ts";
import type { PersistOperation, Recovered } from "../../core/log/durable_state.ts";
import { damaged } from "../damage.ts";
import { assertArchivable } from "../epoch_archive.ts";
import { type EpochArchive, type SigningIntent, type Storage, StorageError } from "../port.ts";
import { applyTransaction, isBackground, type OpenDisk } from "../transaction.ts";
import { verifyRecovered, verifySnapshot } from "../verify.ts";
import { MemoryDisk } from "./memory_disk.ts";

export interface MemoryOptions {
  readonly clusterId: string;
  readonly hash: Hash;
  /** The disk to open; a new empty one if absent. */
  readonly disk?: MemoryDisk;
  /** True to verify the disk on opening as the SQLite storage does; costs two hashes for each entry. Default true. */
  readonly verify?: boolean;
}

/** Opens a memory disk. Throws {@linkcode StorageError} if it holds what a replica cannot have written, or is marked as outdated. */
export function openMemoryStorage(options: MemoryOptions): MemoryStorage {
  return new MemoryStorage(options);
}

export class MemoryStorage implements Storage {
  /**
   * Makes the next commit throw StorageError and end this storage: before it is written, while the disk is waited for, or once it is durable; the next
   * write to the archive likewise.
   */
  failNext: "before" | "meanwhile" | "after" | null = null;
  readonly chunks: ChunkReader = {
    has: (digest) => this.#use().chunks.has(digest),
    read: (digest) => this.#read(digest),
    digests: () => [...this.#use().chunks.keys()].sort(),
  };
  readonly epochs: EpochArchive = {
    put: (...args) => this.#putEpoch(...args),
    read: (epoch) => this.#use().epochs.get(epoch) ?? null,
    newest: () => this.epochs.list().at(-1) ?? null,
    list: () => [...this.#use().epochs.keys()].sort((a, b) => a - b),
  };
  readonly #options: MemoryOptions;
  readonly #disk: MemoryDisk;
  readonly #origin: Digest;
  readonly #openDisk: OpenDisk;
  #open = true;

  constructor(options: MemoryOptions) {
    this.#options = options;
    const disk = options.disk ?? new MemoryDisk();
    this.#disk = disk;
    this.#origin = genesisHash(options.hash, options.clusterId);
    this.#openDisk = {
      chunks: this.chunks,
      hashAt: (index) => disk.entryAt(index)?.hash ?? null,
      termAt: (index) => disk.entryAt(index)?.entry.term ?? term(0),
      write: (operation) => disk.write(operation),
    };
    disk.loseUnsynced();
    if (disk.outdated !== null) throw damaged(`This disk must not be used any more: ${disk.outdated}`);
    if (options.verify !== false) this.#verify();
  }

  /** The disk under this storage. `disk.clone()` keeps a copy to roll back to. */
  get disk(): MemoryDisk {
    return this.#disk;
  }

  load(): Recovered {
    return this.#use().recovered();
  }

  commit(operations: readonly PersistOperation[], intents: readonly SigningIntent[], meanwhile = () => {}): void {
    const disk = this.#use();
    this.#assertAccepting();
    this.#crashIf("before");
    const undo = disk.begin();
    try {
      const fixed = { hash: this.#options.hash, origin: this.#origin };
      const { tip, guard } = applyTransaction(this.#openDisk, disk, operations, intents, fixed);
      meanwhile();
      this.#crashIf("meanwhile");
      disk.tip = tip;
      disk.guard = guard;
    } catch (error) {
      undo();
      throw error;
    }
    if (!isBackground(operations, intents)) disk.sync();
    this.#crashIf("after");
  }

  getMeta(name: string): string | null {
    return this.#use().meta.get(name) ?? null;
  }

  setMeta(name: string, value: string): void {
    this.#use();
    this.#assertAccepting();
    this.#disk.meta.set(name, value);
  }

  markOutdated(reason: string): void {
    this.#use();
    this.#assertAccepting();
    this.#disk.outdated = reason;
  }

  close(): void {
    if (this.#open) this.#disk.sync();
    this.#open = false;
  }

  /** Ends this storage as a crash does. Everything committed and durable stays on the disk; nothing else was ever there. */
  crash(): void {
    this.#open = false;
  }

  /** Ends this storage, and opens the disk as a restarted replica does. Throws {@linkcode StorageError} if the disk refuses. */
  reopen(): MemoryStorage {
    this.crash();
    this.#assertAccepting();
    return new MemoryStorage({ ...this.#options, disk: this.#disk });
  }

  #verify(): void {
    const { hash, clusterId } = this.#options;
    const recovered = this.#disk.recovered();
    verifyRecovered(hash, clusterId, recovered, this.#disk.guard);
    verifySnapshot(hash, recovered, this.chunks);
  }

  #putEpoch(epoch: number, roster: Uint8Array, end: Uint8Array | null): void {
    const { epochs } = this.#use();
    this.#assertAccepting();
    this.#crashIf("before");
    assertArchivable(epoch, epochs.get(epoch) ?? null, end);
    this.#crashIf("meanwhile");
    epochs.set(epoch, { roster: roster.slice(), end: end?.slice() ?? null });
    this.#crashIf("after");
  }

  #read(digest: Digest): Uint8Array | null {
    const bytes = this.#use().chunks.get(digest) ?? null;
    if (bytes === null || this.#options.hash(bytes) === digest) return bytes;
    throw damaged(`Chunk ${digest} is not what was written: its bytes have digest ${this.#options.hash(bytes)}`);
  }

  #crashIf(point: NonNullable<MemoryStorage["failNext"]>): void {
    if (this.failNext !== point) return;
    this.crash();
    throw new StorageError(`Simulated crash: ${point}, as the commit was to become durable`);
  }

  /** Throws if the disk refuses writes. This ends the storage, as with SQLite: the disk has to be opened again. */
  #assertAccepting(): void {
    const { refusing } = this.#disk;
    if (refusing === null) return;
    this.crash();
    throw new StorageError(`The memory disk refuses: ${refusing}`, { refused: true });
  }

  #use(): MemoryDisk {
    if (!this.#open) throw new StorageError("The storage is closed or crashed: reopen() opens its disk again");
    return this.#disk;
  }
}
