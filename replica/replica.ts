/** One replica on a storage and a transport: it runs a core, and a new one from the disk each time the disk refused and is back. */
import type { Recovered } from "./core/log/durable_state.ts";
import { type CoreInstance, createCoreInstance } from "./core_instance.ts";
import { ForgottenError } from "./disk/forgotten_signatures.ts";
import { assertSameDisk } from "./disk/same_disk.ts";
import type { ReplicaParts } from "./replica_parts.ts";
import { createReplicaScope, type ReplicaScope } from "./replica_scope.ts";
import type { ReplicaReport } from "./status/status.ts";
import { damaged } from "./storage/damage.ts";
import { isRefusal, type Storage, type StorageError } from "./storage/port.ts";

export type { ReplicaParts } from "./replica_parts.ts";

export interface Replica {
  /**
   * Runs until `stop`. Rejects with InvariantError, GuardError or StorageError, the last also if others show that its disk is out of date;
   * nothing more is signed then. A disk that refuses is waited for: meanwhile nothing is signed but answers to GetStatus and refusals of
   * SetActive.
   */
  run(): Promise<void>;
  /** Ends `run` after the batch in progress. */
  stop(): void;
  /** Ends `run` once this replica has handed over, if it leads, within an election timeout (§14.5). */
  leave(): void;
  status(): ReplicaReport;
  /** Returns the reason for which it takes no part in a quorum that has a leader; null while it does. */
  trouble(): string | null;
}

/** Wires up a replica. Throws `ConfigError` if `key` belongs to no replica of `roster`, `StorageError` if the disk cannot be read. */
export function createReplica(parts: ReplicaParts): Replica {
  return new RestartingReplica(parts);
}

class RestartingReplica implements Replica {
  readonly #parts: ReplicaParts;
  readonly #scope: ReplicaScope;
  #storage: Storage;
  #instance: CoreInstance;
  /** Built from a disk that is back; takes over once the previous core has ended. */
  #next: CoreInstance | null = null;
  #stopping = false;

  constructor(parts: ReplicaParts) {
    this.#parts = parts;
    this.#scope = createReplicaScope(parts);
    this.#storage = parts.storage;
    this.#instance = this.#begin(parts.storage, parts.storage.load());
  }

  async run(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#instance.loop.run();
      } catch (error) {
        if (error instanceof ForgottenError) throw this.#outdated(error);
        if (!isRefusal(error) || this.#parts.reopen === undefined || this.#scope.disk.refused) throw error;
        this.#refuse(error);
        continue;
      }
      if (this.#next === null) return;
      this.#instance = this.#next;
      this.#next = null;
    }
  }

  stop(): void {
    this.#stopping = true;
    this.#instance.loop.stop();
  }

  leave(): void {
    if (this.#scope.disk.refused) return this.stop();
    this.#stopping = true;
    this.#instance.loop.leave();
  }

  status(): ReplicaReport {
    return this.#instance.status.report(this.#scope.now());
  }

  trouble(): string | null {
    return this.#instance.status.trouble(this.#scope.now());
  }

  #begin(storage: Storage, recovered: Recovered): CoreInstance {
    return createCoreInstance(this.#parts, this.#scope, storage, recovered, (now) => this.#retry(now));
  }

  /** Marks the disk, which is older than what this replica has signed, so that no later start trusts it; returns the error to throw. */
  #outdated({ message }: ForgottenError): StorageError {
    const reason = `This disk is out of date: ${message}`;
    this.#storage.markOutdated(reason);
    return damaged(reason);
  }

  /** Suspends the core, which is ahead of the disk and takes no further step. Nothing that rests on the refused commit was signed (I8). */
  #refuse(error: StorageError): void {
    this.#scope.disk.refuse(error, this.#scope.now());
    this.#parts.recorder?.end(`the disk refused, and what follows is another core's: ${error.message}`);
  }

  #retry(now: number): void {
    const { disk, emptyMachine } = this.#scope;
    const { reopen, machine } = this.#parts;
    if (reopen === undefined || !disk.isDue(now)) return;
    try {
      const storage = this.#storage = reopen();
      const recovered = storage.load();
      assertSameDisk(this.#instance.mark, recovered);
      machine.restore(emptyMachine);
      this.#next = this.#begin(storage, recovered);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      disk.refusedAgain(error, now);
      return;
    }
    this.#instance.loop.stop();
    disk.back(now);
  }
}
