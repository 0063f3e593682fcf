/** The storage suite on both twins. */
import { sha256Hex } from "../../../crypto/digest.ts";
import { beginRecovery } from "../../../replica/storage/disk/disk_recover.ts";
import { openDiskStorage } from "../../../replica/storage/disk/disk_storage.ts";
import { MemoryDisk } from "../../../replica/storage/memory/memory_disk.ts";
import { type MemoryStorage, openMemoryStorage } from "../../../replica/storage/memory/memory_storage.ts";
import { archiveContract } from "./storage_archive_contract.ts";
import { checkpointContract } from "./storage_checkpoint_contract.ts";
import { chunkContract } from "./storage_chunk_contract.ts";
import { storageContract, type Subject } from "./storage_contract.ts";
import { epochContract } from "./storage_epoch_contract.ts";
import { CLUSTER, REPLICA } from "./storage_fixtures.ts";
import { baseGuardContract } from "./storage_guard_base_contract.ts";
import { guardContract } from "./storage_guard_contract.ts";
import { NONCE, recoveryContract } from "./storage_recovery_contract.ts";

function memorySubject(storage: MemoryStorage): Subject {
  return {
    storage,
    reopen: () => memorySubject(storage.reopen()),
    [Symbol.dispose]: () => storage.close(),
  };
}

function diskSubject(dir: string, owner: boolean): Subject {
  const storage = openDiskStorage({ dir, clusterId: CLUSTER, replica: REPLICA });
  return {
    storage,
    reopen: () => {
      storage.close();
      return diskSubject(dir, false);
    },
    [Symbol.dispose]: () => {
      storage.close();
      if (owner) Deno.removeSync(dir, { recursive: true });
    },
  };
}

const freshDir = () => Deno.makeTempDirSync({ prefix: "storage-contract-" });
const memoryOn = (disk: MemoryDisk) => memorySubject(openMemoryStorage({ clusterId: CLUSTER, hash: sha256Hex, disk }));

function diskRecovery(): Subject {
  const dir = freshDir();
  beginRecovery({ dir, clusterId: CLUSTER, replica: REPLICA }, NONCE);
  return diskSubject(dir, true);
}

const TWINS = [
  {
    name: "memory",
    open: () => memoryOn(new MemoryDisk()),
    recover: () => memoryOn(MemoryDisk.recovering(NONCE)),
  },
  { name: "disk", open: () => diskSubject(freshDir(), true), recover: diskRecovery },
] as const;

for (const { name, open, recover } of TWINS) {
  storageContract(name, open);
  guardContract(name, open);
  baseGuardContract(name, open);
  chunkContract(name, open);
  checkpointContract(name, open);
  recoveryContract(name, recover);
  epochContract(name, open, recover);
  archiveContract(name, open);
}
