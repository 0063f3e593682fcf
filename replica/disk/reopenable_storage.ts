/** The SQLite storage that a replica has open at present; another replaces it after the disk refused. */
import type { Logger } from "../diagnostics/logger.ts";
import type { Storage } from "../storage/port.ts";
import { openSqliteStorage, reopenSqliteStorage, type SqliteOptions } from "../storage/sqlite/sqlite_storage.ts";

export class ReopenableStorage {
  readonly #options: SqliteOptions;
  readonly #log: Logger;
  #storage: Storage;

  /** Throws StorageError as `openSqliteStorage` does. */
  constructor(options: SqliteOptions, log: Logger) {
    this.#options = options;
    this.#log = log;
    this.#storage = openSqliteStorage(options);
  }

  get storage(): Storage {
    return this.#storage;
  }

  /** Closes the storage and opens the disk again. Throws StorageError as `reopenSqliteStorage` does; then no storage is open. */
  readonly reopen = (): Storage => {
    this.close();
    return this.#storage = reopenSqliteStorage(this.#options);
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
