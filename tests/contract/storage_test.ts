/** The storage suite on both twins. */
import { sha256Hex } from "../../crypto/digest.ts";
import { type MemoryStorage, openMemoryStorage, openSqliteStorage } from "../../replica/storage/mod.ts";
import { storageContract, type Subject } from "./storage_contract.ts";
import { CLUSTER, REPLICA } from "./storage_fixtures.ts";
import { guardContract } from "./storage_guard_contract.ts";

function memorySubject(storage: MemoryStorage): Subject {
  return {
    storage,
    reopen: () => memorySubject(storage.reopen()),
    [Symbol.dispose]: () => storage.close(),
  };
}

function sqliteSubject(dir: string, owner: boolean): Subject {
  const storage = openSqliteStorage({ dir, clusterId: CLUSTER, replica: REPLICA });
  return {
    storage,
    reopen: () => {
      storage.close();
      return sqliteSubject(dir, false);
    },
    [Symbol.dispose]: () => {
      storage.close();
      if (owner) Deno.removeSync(dir, { recursive: true });
    },
  };
}

const openMemory = () => memorySubject(openMemoryStorage({ clusterId: CLUSTER, hash: sha256Hex }));
const openSqlite = () => sqliteSubject(Deno.makeTempDirSync({ prefix: "storage-contract-" }), true);

for (const [name, open] of [["memory", openMemory], ["sqlite", openSqlite]] as const) {
  storageContract(name, open);
  guardContract(name, open);
}
