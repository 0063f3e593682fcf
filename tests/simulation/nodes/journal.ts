/** A disk's journal: leaves half a transaction on the disk in a crash, and rolls it back when the disk is opened. */
import type { PersistOperation, Recovered } from "../../../replica/core/log/durable_state.ts";
import type { MemoryDisk } from "../../../replica/storage/memory/memory_disk.ts";

interface Torn {
  readonly disk: MemoryDisk;
  readonly before: Recovered;
  readonly chunks: number;
  readonly rollBack: () => void;
}

export class Journal {
  #torn: Torn | null = null;

  /** Writes the first half of a transaction; the crash comes now. */
  tear(disk: MemoryDisk, operations: readonly PersistOperation[]): void {
    this.#torn = { disk, before: disk.recovered(), chunks: disk.chunks.size, rollBack: disk.begin() };
    for (const operation of operations.slice(0, Math.ceil(operations.length / 2))) disk.write(operation);
  }

  /** Rolls a torn transaction back. Throws unless the disk is as it was before. */
  open(): void {
    if (this.#torn === null) return;
    const { disk, before, chunks, rollBack } = this.#torn;
    rollBack();
    this.#torn = null;
    if (disk.chunks.size === chunks && isSame(before, disk.recovered())) return;
    throw new Error("a torn transaction left something on the disk");
  }
}

/** Returns whether nothing has changed; a disk's content is immutable and shared, so comparing the objects is enough. */
function isSame({ entries, ...before }: Recovered, { entries: found, ...after }: Recovered): boolean {
  const kept = entries.length === found.length && entries[0] === found[0] && entries.at(-1) === found.at(-1);
  const names = Object.keys(before) as (keyof typeof before)[];
  return kept && names.every((name) => before[name] === after[name]);
}
