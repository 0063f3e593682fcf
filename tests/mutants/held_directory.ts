/** Directories that belong to a process: once it has ended, in any way, the next process may remove them. */

/** Locked as long as its process lives: the system releases the lock even if the process is killed. */
const LOCK = ".held";

/** A directory of this process. */
export interface HeldDirectory {
  /** An absolute path that ends without a slash. */
  readonly path: string;
  /** Removes it with everything in it; harmless if it is already gone. */
  remove(): Promise<void>;
}

/** Creates a directory below `parent` whose name begins with `prefix`, and holds it until it is removed or this process ends. */
export async function makeHeldDirectory(parent: string, prefix: string): Promise<HeldDirectory> {
  const path = await Deno.realPath(await Deno.makeTempDir({ dir: parent, prefix }));
  // Locked under another name first: a lock that others can see is never free while its process lives.
  const unseen = `${path}/${LOCK}-soon`;
  let lock: Deno.FsFile | null = await Deno.open(unseen, { createNew: true, write: true });
  await lock.lock(true);
  await Deno.rename(unseen, `${path}/${LOCK}`);
  return {
    path,
    async remove() {
      await removeAll(path);
      lock?.close();
      lock = null;
    },
  };
}

/** Removes the directories right below `parent` that a process created with `makeHeldDirectory` and left behind. Touches no others. */
export async function removeAbandoned(parent: string): Promise<void> {
  for await (const { name } of Deno.readDir(parent)) {
    const lock = await openIfThere(`${parent}/${name}/${LOCK}`);
    try {
      if (await lock?.tryLock(true)) await removeAll(`${parent}/${name}`);
    } finally {
      lock?.close();
    }
  }
}

async function openIfThere(path: string): Promise<Deno.FsFile | null> {
  try {
    return await Deno.open(path, { write: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}

async function removeAll(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
