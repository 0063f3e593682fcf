/** A core's storage with a watch on it: how many commits there are, and how long they take. */
import type { Histogram } from "../../metrics/mod.ts";
import type { Storage } from "../storage/port.ts";
import { isBackground } from "../storage/transaction.ts";
import type { DiskWatch } from "./disk_watch.ts";

/** Watches what is committed to `storage`; what waits for the disk is timed in `durable`, in seconds. */
export const watchStorage = (
  storage: Storage,
  disk: DiskWatch,
  now: () => number,
  durable: Histogram | null = null,
): Pick<Storage, "commit"> => ({
  commit(operations, intents, meanwhile) {
    const before = now();
    storage.commit(operations, intents, meanwhile);
    const after = now();
    disk.committed(after - before, after);
    // Without operations the guard is asked, and as a rule nothing is written.
    if (operations.length === 0) return;
    const isDurable = !isBackground(operations, intents);
    disk.wrote(isDurable);
    if (isDurable) durable?.observe((after - before) / 1000);
  },
});
