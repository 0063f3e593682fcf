/** Data directories for tests that look at the files themselves. */
import { openDiskStorage } from "../../../../replica/storage/disk/disk_storage.ts";
import type { Storage } from "../../../../replica/storage/port.ts";
import * as fx from "../storage_fixtures.ts";

export const optionsIn = (dir: string) => ({ dir, clusterId: fx.CLUSTER, replica: fx.REPLICA });

/** Name of the segment of a log that has only one. */
export const SEGMENT = "replica.log-0000000001";

export const openIn = (dir: string): Storage => openDiskStorage(optionsIn(dir));

/** Runs `body` with a fresh directory. */
export function withDir(body: (dir: string) => void): void {
  const dir = Deno.makeTempDirSync({ prefix: "storage-disk-" });
  try {
    body(dir);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

/** Copies the files of a directory as they are now, as a crash would leave them. */
export function copyDir(from: string, to: string, except: readonly string[] = []): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isFile } of Deno.readDirSync(from)) {
    if (isFile && !name.endsWith("-shm") && !except.includes(name)) {
      Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
    }
  }
}

export const lengthOf = (path: string): number => Deno.statSync(path).size;

/** Returns everything a replica reads from a disk at its start, chunks with their bytes. */
export function contentOf(storage: Storage) {
  const { chunks } = storage;
  const read = [...chunks.digests()].toSorted().map((digest) => [digest, chunks.read(digest)] as const);
  return { recovered: storage.load(), chunks: read, meta: storage.getMeta("last-active") };
}

/** Returns the content of the directory. Throws as opening does. */
export function contentIn(dir: string): ReturnType<typeof contentOf> {
  const storage = openIn(dir);
  try {
    return contentOf(storage);
  } finally {
    storage.close();
  }
}
