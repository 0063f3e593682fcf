/** Durable state: the port, the SQLite storage, and its memory twin for simulations. */
export { MemoryDisk } from "./memory/memory_disk.ts";
export { type MemoryOptions, MemoryStorage, openMemoryStorage } from "./memory/memory_storage.ts";
export { GuardError, isDamaged, isRefusal, type SigningIntent, type Storage, StorageError } from "./port.ts";
export { beginRecovery, type BegunRecovery } from "./sqlite/sqlite_recover.ts";
export { openSqliteStorage, reopenSqliteStorage, type SqliteOptions } from "./sqlite/sqlite_storage.ts";
