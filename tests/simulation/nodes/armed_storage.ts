/** A node's storage with its crash points: between any two writes, and in the middle of one. */
import type { PersistOperation } from "../../../replica/core/log/durable_state.ts";
import type { MemoryDisk } from "../../../replica/storage/memory/memory_disk.ts";
import type { Storage } from "../../../replica/storage/port.ts";
import { type CrashPoint, type Operations, SimulatedCrash, type Trigger } from "./crash_point.ts";
import { Journal } from "./journal.ts";
import { bind, watchedArchive } from "./sim_ports.ts";

export class ArmedStorage {
  #trigger: Trigger | null = null;
  #journal = new Journal();
  /** Kinds of operations of the last transaction. */
  #operations: Operations = new Set();

  /** Makes the node crash when `trigger` goes off; null for never. */
  arm(trigger: Trigger | null): void {
    this.#trigger = trigger;
  }

  /** Rolls back what a crash left half written. */
  open(): void {
    this.#journal.open();
    this.#trigger = null;
  }

  /** Forgets a disk that is lost. */
  lose(): void {
    this.#journal = new Journal();
  }

  /** Throws SimulatedCrash, after `last`, if the node is to crash at `point`. */
  pass(point: CrashPoint, last: () => void = () => {}): void {
    if (!this.#trigger?.pulls(point, this.#operations)) return;
    last();
    throw new SimulatedCrash(point);
  }

  /** Returns the storage on `disk`; `persisted` is told of each transaction once it is durable. */
  watch(storage: Storage, disk: MemoryDisk, persisted: (operations: readonly PersistOperation[]) => void): Storage {
    return {
      ...bind(storage),
      commit: (operations, intents, meanwhile) => {
        this.#operations = new Set(operations.map(({ op }) => op));
        this.pass("before-persist");
        meanwhile?.();
        this.pass("torn-persist", () => this.#journal.tear(disk, operations));
        storage.commit(operations, intents);
        persisted(operations);
        this.pass("after-persist");
      },
      epochs: watchedArchive(storage.epochs, () => this.pass("archive")),
    };
  }
}
