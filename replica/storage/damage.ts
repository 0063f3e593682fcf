/** Errors about disks that cannot be trusted, with the safe way on. */
import { StorageError } from "./port.ts";

/** The end of every error message about a disk that cannot be trusted. */
export const SAFE_WAY_ON =
  "This replica must not start on this disk. The safe way on: restore the data directory only from a copy known to be exactly " +
  "as this replica left it; otherwise start it with `replica --recover`, which sets this database aside for inspection and takes part " +
  "again once the others have said what this replica may have signed (§8.4), or rejoin as a new replica with a new key and an " +
  "empty data directory (§1.3). An older copy is not safe: it has forgotten what was signed since";

/** Returns a StorageError about the disk's content. */
export const damaged = (what: string, cause?: unknown): StorageError =>
  new StorageError(`${what}. ${SAFE_WAY_ON}.`, { damaged: true, ...(cause === undefined ? {} : { cause }) });
