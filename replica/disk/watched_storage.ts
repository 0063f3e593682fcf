/** A core's storage with a watch on it: how long its commits take, and what of the core is durable. */
import type { CoreState } from "../core/state.ts";
import { createDurableMark, type DurableMark, markDurable } from "./durable_mark.ts";
import type { DiskWatch } from "./disk_watch.ts";
import type { Storage } from "../storage/port.ts";

export interface WatchedStorage {
  readonly storage: Pick<Storage, "commit">;
  /** What the disk holds for certain. A refused commit leaves the core ahead of it. */
  readonly mark: Readonly<DurableMark>;
}

/** Watches what `state`, just started from `storage`, commits. */
export function watchStorage(storage: Storage, state: CoreState, disk: DiskWatch, now: () => number): WatchedStorage {
  const mark = createDurableMark(state);
  return {
    mark,
    storage: {
      commit(operations, intents) {
        const before = now();
        storage.commit(operations, intents);
        const after = now();
        markDurable(mark, operations);
        disk.committed(after - before, after);
      },
    },
  };
}
