/** A core's storage with a watch on it: the duration of its commits, and the durable part of the core's state. */
import type { CoreState } from "../core/state.ts";
import { createDurableMark, type DurableMark, markDurable } from "./durable_mark.ts";
import type { DiskWatch } from "./disk_watch.ts";
import type { Storage } from "../storage/port.ts";

export interface WatchedStorage {
  readonly storage: Pick<Storage, "commit">;
  /** The state that the disk certainly holds. A refused commit leaves the core ahead of it. */
  readonly mark: Readonly<DurableMark>;
}

/** Returns `storage` with a watch on the commits of `state`, which was just started from it. */
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
