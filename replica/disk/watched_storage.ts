/** A core's storage with a watch on it: how long its commits take. */
import type { Storage } from "../storage/port.ts";
import type { DiskWatch } from "./disk_watch.ts";

/** Watches what is committed to `storage`. */
export const watchStorage = (storage: Storage, disk: DiskWatch, now: () => number): Pick<Storage, "commit"> => ({
  commit(operations, intents) {
    const before = now();
    storage.commit(operations, intents);
    const after = now();
    disk.committed(after - before, after);
  },
});
