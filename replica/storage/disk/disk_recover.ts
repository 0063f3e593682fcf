/** Recovery (§8.4): a replica that lost its disk, or must not trust it, begins anew as a learner. */
import type { Digest } from "../../../protocol/ids.ts";
import { EMPTY_HARD_STATE } from "../empty.ts";
import { exists, syncDirectory } from "../files.ts";
import { isDamaged, type Storage, StorageError } from "../port.ts";
import { discardFirstSegment, SEGMENT } from "../segments/segment_files.ts";
import { openingError } from "../sqlite/sqlite_errors.ts";
import { ASIDE, discardPrepared, FILE, installDatabase, KNOWN_FILE } from "../sqlite/sqlite_open.ts";
import { type DiskOptions, prepareDisk } from "./disk_open.ts";
import { openDiskStorage } from "./disk_storage.ts";

/** The disk found at the beginning of a recovery. */
export interface BegunRecovery {
  /** Names of the files of the previous disk that were set aside, in the data directory; empty if there were none. */
  readonly aside: readonly string[];
  /** The damage found on that disk; null if there was none, or the recovery was in progress already. */
  readonly reason: string | null;
}

/**
 * Makes the disk in `dir` that of a recovery, to be opened next: the one in progress there, or a fresh one that has signed nothing
 * and knows that its replica may have (§8.4), named `nonce`, 32 random bytes. A disk that is damaged or marked as outdated is set aside
 * as `replica.db.before-recovery-1`, or the next free number; nothing is overwritten or deleted.
 *
 * Throws {@linkcode StorageError} if the disk is sound, as there is nothing to recover from; if it is another replica's, or in use; and
 * as `openDiskStorage` does.
 */
export function beginRecovery(options: DiskOptions, nonce: Digest): BegunRecovery {
  const { dir } = options;
  try {
    Deno.mkdirSync(dir, { recursive: true, mode: 0o700 });
    const found = exists(`${dir}/${FILE}`) ? examine(options) : null;
    if (found === "under way") return { aside: [], reason: null };
    discardPrepared(options);
    discardFirstSegment(dir);
    prepareDisk(options, { ...EMPTY_HARD_STATE, recovery: { nonce, bar: null } });
    const aside = setAside(dir);
    installDatabase(options);
    return { aside, reason: found?.message ?? null };
  } catch (error) {
    throw openingError(error, dir, "begin a recovery with");
  }
}

/** Returns whether a recovery is in progress, or else what is wrong with the disk. Throws if it is sound, or another replica's. */
function examine(options: DiskOptions): "under way" | StorageError {
  let storage: Storage | null = null;
  try {
    storage = openDiskStorage(options);
    // Opening does not read these; they are read when the state is restored from them.
    for (const digest of storage.chunks.digests()) storage.chunks.read(digest);
    for (const epoch of storage.epochs.list()) storage.epochs.read(epoch);
    if (storage.load().hardState.recovery !== null) return "under way";
  } catch (error) {
    if (isDamaged(error)) return error;
    throw error;
  } finally {
    storage?.close();
  }
  throw new StorageError(
    `The disk in ${options.dir} is sound, there is nothing to recover from: start without --recover. To recover all the same, ` +
      `because it is an older copy perhaps, first move ${FILE} away, and whatever is beside it with a name that begins so or with ${SEGMENT}`,
  );
}

/**
 * Moves the files of a disk out of the way. The database goes first and the file that records what was durable last goes last, so that at no
 * point in between an ordinary start finds an empty directory, or a damaged disk that looks sound.
 */
function setAside(dir: string): string[] {
  const segments = [...Deno.readDirSync(dir)].map(({ name }) => name).filter((name) => name.startsWith(SEGMENT));
  const ofDatabase = [FILE, `${FILE}-wal`, `${FILE}-shm`];
  const names = [...ofDatabase, ...segments.toSorted(), KNOWN_FILE].filter((name) => exists(`${dir}/${name}`));
  if (names.length === 0) return [];
  const number = firstFree(dir);
  return names.map((name) => {
    // The names of the database begin with those of its other files; those beside it are `replica.log-1` and the like.
    const suffix = name.startsWith(FILE) ? name.slice(FILE.length) : name.replace("replica.", "-");
    Deno.renameSync(`${dir}/${name}`, `${dir}/${ASIDE}${number}${suffix}`);
    syncDirectory(dir);
    return `${ASIDE}${number}${suffix}`;
  });
}

/** Returns the lowest number that no file set aside has. */
function firstFree(dir: string): number {
  const taken = new Set(
    [...Deno.readDirSync(dir)].filter(({ name }) => name.startsWith(ASIDE)).map(({ name }) =>
      Number.parseInt(name.slice(ASIDE.length), 10)
    ),
  );
  let number = 1;
  while (taken.has(number)) number++;
  return number;
}
