import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fx from "../../tests/contract/storage/storage_fixtures.ts";
import { SILENT } from "../diagnostics/logger.ts";
import { openDiskStorage } from "../storage/disk/disk_storage.ts";
import { StorageError } from "../storage/port.ts";
import { ReopenableStorage } from "./reopenable_storage.ts";

Deno.test("a held disk stands for the storage opened last, and lets go of the one before and of the last", () => {
  const dir = Deno.makeTempDirSync();
  try {
    const options = { dir, clusterId: fx.CLUSTER, replica: fx.REPLICA };
    const disk = new ReopenableStorage(options, SILENT);
    const first = disk.storage;
    first.commit([fx.hardState(1)], []);
    const second = disk.reopen();
    assert(second === disk.storage && second !== first);
    assertThrows(() => first.commit([fx.hardState(2)], []), StorageError, "closed");
    second.commit([fx.hardState(2)], []);
    disk.close();
    Deno.renameSync(`${dir}/replica.db`, `${dir}/gone`);
    assertThrows(() => disk.reopen(), StorageError, "gone");
    disk.close();
    Deno.renameSync(`${dir}/gone`, `${dir}/replica.db`);
    const next = openDiskStorage(options);
    assertEquals(next.load().hardState.currentTerm as number, 2);
    next.close();
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});
