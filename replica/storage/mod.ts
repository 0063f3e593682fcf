/** Durable state: the port, the SQLite storage, and its memory twin for simulations. */
export { MemoryDisk } from "./memory_disk.ts";
export { type MemoryOptions, MemoryStorage, openMemoryStorage } from "./memory_storage.ts";
export { GuardError, isRefusal, type SigningIntent, type Storage, StorageError } from "./port.ts";
export { openSqliteStorage, reopenSqliteStorage, type SqliteOptions } from "./sqlite_storage.ts";
