/** The storage that a replica has open at present; another replaces it after the disk refused. */
import type { Logger } from "../diagnostics/logger.ts";
import type { DiskOptions } from "../storage/disk/disk_open.ts";
import { openDiskStorage, reopenDiskStorage } from "../storage/disk/disk_storage.ts";
import type { Storage } from "../storage/port.ts";

export class ReopenableStorage {
  readonly #options: DiskOptions;
  readonly #log: Logger;
  #storage: Storage;

  /** Throws StorageError as `openDiskStorage` does. */
  constructor(options: DiskOptions, log: Logger) {
    const onTorn = (what: string) => log.log("warn", "storage-torn", { what });
    this.#options = { ...options, onTorn };
    this.#log = log;
    this.#storage = openDiskStorage(this.#options);
  }

  get storage(): Storage {
    return this.#storage;
  }

  /** Closes the storage and opens the disk again. Throws StorageError as `reopenDiskStorage` does; then no storage is open. */
  readonly reopen = (): Storage => {
    this.close();
    return this.#storage = reopenDiskStorage(this.#options);
  };

  /** Closes the storage. A failure is only logged: everything committed is durable, and the rest never was. */
  close(): void {
    try {
      this.#storage.close();
    } catch (error) {
      this.#log.log("warn", "storage-not-closed", { reason: String(error) });
    }
  }
}
