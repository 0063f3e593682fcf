/** What a crash in the middle of a transaction leaves on a disk, and how the disk's journal takes it back when it is opened. */
import type { PersistOperation, Recovered } from "../../../replica/core/output.ts";
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

  /** Takes a torn transaction back. Throws unless the disk is as it was before. */
  open(): void {
    if (this.#torn === null) return;
    const { disk, before, chunks, rollBack } = this.#torn;
    rollBack();
    this.#torn = null;
    if (disk.chunks.size === chunks && isSame(before, disk.recovered())) return;
    throw new Error("a torn transaction left something on the disk");
  }
}

/** Whether nothing has changed; what is on a disk is immutable and shared, so that looking at the objects is enough. */
function isSame({ entries, ...before }: Recovered, { entries: found, ...after }: Recovered): boolean {
  const kept = entries.length === found.length && entries[0] === found[0] && entries.at(-1) === found.at(-1);
  const names = Object.keys(before) as (keyof typeof before)[];
  return kept && names.every((name) => before[name] === after[name]);
}
