/**
 * The memory twin: same semantics as the SQLite storage, with a disk that outlives the storage and crash points for simulations. A
 * transaction is atomic here as there, so a crash loses it whole or keeps it whole.
 */
import { genesisHash } from "../core/hash_chain.ts";
import type { Digest, LogIndex } from "../core/ids.ts";
import { term } from "../core/ids.ts";
import type { PersistOperation, Recovered } from "../core/output.ts";
import type { Hash } from "../core/ports.ts";
import { checkIntents } from "./guard.ts";
import { MemoryDisk } from "./memory_disk.ts";
import { type SigningIntent, type Storage, StorageError } from "./port.ts";
import { advanceTip, checkTip, type Tip } from "./tip.ts";
import { verifyRecovered } from "./verify.ts";

export interface MemoryOptions {
  readonly clusterId: string;
  readonly hash: Hash;
  /** The disk to open; a new empty one if absent. */
  readonly disk?: MemoryDisk;
  /** Whether opening verifies the disk as the SQLite storage does; costs two hashes an entry. Default true. */
  readonly verify?: boolean;
}

/** Opens a memory disk. Throws {@linkcode StorageError} if it holds what a replica cannot have written. */
export function openMemoryStorage(options: MemoryOptions): MemoryStorage {
  return new MemoryStorage(options);
}

export class MemoryStorage implements Storage {
  /** Makes the next commit throw StorageError and end this storage, before or after it has become durable. */
  failNext: "before" | "after" | null = null;
  readonly #options: MemoryOptions;
  readonly #disk: MemoryDisk;
  readonly #genesis: Digest;
  #open = true;

  constructor(options: MemoryOptions) {
    this.#options = options;
    this.#disk = options.disk ?? new MemoryDisk();
    this.#genesis = genesisHash(options.hash, options.clusterId);
    if (options.verify !== false) {
      verifyRecovered(options.hash, options.clusterId, this.#disk.recovered(), this.#disk.guard);
    }
  }

  /** The disk under this storage. `disk.clone()` keeps a copy to roll back to. */
  get disk(): MemoryDisk {
    return this.#disk;
  }

  load(): Recovered {
    this.#assertOpen();
    return this.#disk.recovered();
  }

  commit(operations: readonly PersistOperation[], intents: readonly SigningIntent[]): void {
    this.#assertOpen();
    this.#assertAccepting();
    this.#crashIf("before");
    const undo = this.#disk.begin();
    try {
      this.#disk.tip = this.#applyAll(operations);
      this.#disk.guard = checkIntents(this.#disk.guard, intents, (index) => this.#hashAt(index));
    } catch (error) {
      undo();
      throw error;
    }
    this.#crashIf("after");
  }

  getMeta(name: string): string | null {
    this.#assertOpen();
    return this.#disk.meta.get(name) ?? null;
  }

  setMeta(name: string, value: string): void {
    this.#assertOpen();
    this.#assertAccepting();
    this.#disk.meta.set(name, value);
  }

  close(): void {
    this.#open = false;
  }

  /** Ends this storage as a crash does. What was committed stays on the disk; nothing else was ever there. */
  crash(): void {
    this.#open = false;
  }

  /** Ends this storage, and opens the disk as the restarted replica finds it. Throws {@linkcode StorageError} where it refuses. */
  reopen(): MemoryStorage {
    this.crash();
    this.#assertAccepting();
    return new MemoryStorage({ ...this.#options, disk: this.#disk });
  }

  #applyAll(operations: readonly PersistOperation[]): Tip {
    let tip = this.#disk.tip;
    for (const operation of operations) {
      const next = advanceTip(tip, operation, (index) => this.#disk.entries[index - 1]?.entry.term ?? term(0));
      this.#disk.write(operation);
      tip = next;
    }
    checkTip(tip);
    return tip;
  }

  #hashAt(index: LogIndex): Digest | null {
    return index === 0 ? this.#genesis : this.#disk.entries[index - 1]?.hash ?? null;
  }

  #crashIf(point: "before" | "after"): void {
    if (this.failNext !== point) return;
    this.crash();
    throw new StorageError(`Simulated crash ${point} the commit became durable`);
  }

  /** A refused write ends the storage, as it does in SQLite's: the disk has to be opened again. */
  #assertAccepting(): void {
    const { refusing } = this.#disk;
    if (refusing === null) return;
    this.crash();
    throw new StorageError(`The memory disk refuses: ${refusing}`, { refused: true });
  }

  #assertOpen(): void {
    if (!this.#open) throw new StorageError("The storage is closed or crashed: reopen() opens its disk again");
  }
}
