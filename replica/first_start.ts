/**
 * The first start of a replica. A replica on an empty directory has forgotten whatever it signed, and if it ever signed anything it is as
 * good as Byzantine (§1.3). Nothing tells a lost disk, or a volume that is not mounted, from a new one; so a new one is created only where
 * that was asked for: with `--init`, or by the permission that `keygen` leaves beside each key and the first start uses up. A replica that ran
 * leaves a note beside its key, where it may write there: what is asked for against that is asked for by mistake.
 */
import { ConfigError } from "../crypto/config_error.ts";
import { unusablePath } from "../crypto/files.ts";
import { permissionOf } from "../crypto/roster/generate_cluster.ts";
import { exists } from "./storage/files.ts";
import { FILE } from "./storage/sqlite/sqlite_open.ts";

/** Name of a permission that stands in the data directory itself, for keys on a read-only volume. */
export const PERMISSION_IN_DATA = "replica.new";

export interface FirstStart {
  readonly replica: string;
  readonly keyFile: string;
  readonly publicKey: string;
  readonly dataDir: string;
  /** True if the operator asks for a new data directory. */
  readonly init: boolean;
  /** True if the replica comes back without its disk: that needs no permission, for it begins by asking what it may have signed. */
  readonly recover: boolean;
}

/**
 * Makes sure that a data directory is created only if that was asked for, and uses up the permission. Returns true if this is a first
 * start. Throws `ConfigError` with all ways on if it was not asked for, or was asked for in vain.
 */
export function permitFirstStart(start: FirstStart): boolean {
  const { replica, dataDir, init, recover } = start;
  const held = holdsReplica(dataDir);
  if (recover) return false;
  if (held) {
    if (init && exists(`${dataDir}/${FILE}`)) {
      throw new ConfigError(
        `--init: given with ${dataDir}, which holds a database, wanted an empty directory or no --init`,
      );
    }
    return false;
  }
  if (hasRun(start)) throw ranBefore(start);
  const permissions = permissionsOf(start).filter(isUnused);
  if (!init && permissions.length === 0) throw notAskedFor(start);
  onPath(dataDir, () => Deno.mkdirSync(dataDir, { recursive: true, mode: 0o700 }));
  for (const path of permissions) useUp(path, replica, init);
  return true;
}

/** Returns the path of the note that a replica ran, beside its key file. */
export const noteOf = (keyFile: string): string => `${keyFile.replace(/\.key$/, "")}.ran`;

/** Notes beside the key that a replica has run with it. A folder that cannot be written is no reason not to run: the note is missing then. */
export function noteRun(start: Pick<FirstStart, "keyFile" | "publicKey">): void {
  try {
    if (!hasRun(start)) Deno.writeTextFileSync(noteOf(start.keyFile), `${start.publicKey}\n`, { mode: 0o600 });
  } catch {
    // The keys are on a read-only volume, or their disk is full.
  }
}

/** Returns whether the note is there and speaks of this very key; one of an earlier key of that name says nothing of this one. */
function hasRun({ keyFile, publicKey }: Pick<FirstStart, "keyFile" | "publicKey">): boolean {
  try {
    return Deno.readTextFileSync(noteOf(keyFile)).trim() === publicKey;
  } catch {
    return false;
  }
}

/** Returns the paths at which a permission may stand. */
const permissionsOf = ({ keyFile, dataDir }: Pick<FirstStart, "keyFile" | "dataDir">): string[] => [
  permissionOf(keyFile),
  `${dataDir}/${PERMISSION_IN_DATA}`,
];

/** Returns whether `dir` holds anything of a replica, whole or not. What is left of one is judged when it is opened. */
export function holdsReplica(dir: string): boolean {
  return onPath(dir, () => {
    if (!exists(dir)) return false;
    return [...Deno.readDirSync(dir)].some(({ name }) => name.startsWith("replica.") && name !== PERMISSION_IN_DATA);
  });
}

/** Returns what `act` does with `dir`. Throws `ConfigError` naming it if that can be no directory. */
function onPath<T>(dir: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw unusablePath(dir, cause, "a data directory");
  }
}

/** Content of a permission that was used up, in case that a crash takes its removal back. */
const USED_UP = "used up\n";

/** Returns whether there is a permission at `path` that nobody has used up. What cannot be read is one; using it up will fail. */
function isUnused(path: string): boolean {
  if (!exists(path)) return false;
  try {
    return Deno.readTextFileSync(path) !== USED_UP;
  } catch {
    return true;
  }
}

/**
 * Uses up a permission durably before anything is created: a crash in between leaves a replica that asks, never one that may begin twice. What makes
 * it durable is its content: to sync a removal the whole folder would have to be readable, with the keys of others in it.
 */
function useUp(path: string, replica: string, init: boolean): void {
  try {
    using file = Deno.openSync(path, { write: true, truncate: true });
    file.writeSync(new TextEncoder().encode(USED_UP));
    file.syncSync();
    Deno.removeSync(path);
  } catch (cause) {
    // With --init the operator has decided; a permission that stays is then of no more use than that.
    if (init) return;
    const wanted = `wanted one that can be removed; if ${replica} has never run, start it once with --init`;
    throw new ConfigError(`${path}: given a permission that cannot be used up (${cause}), ${wanted}`, { cause });
  }
}

const found = (dir: string): string =>
  exists(dir) ? "a directory without a database" : "a directory that does not exist";

function ranBefore({ replica, dataDir, keyFile }: FirstStart): ConfigError {
  return new ConfigError(
    `--data ${dataDir}: given ${found(dataDir)}, wanted the one ${replica} ran on: ${
      noteOf(keyFile)
    } says that it did. If a disk is not ` +
      `mounted there, mount it. If its data is lost, start it with --recover. Only if all replicas begin anew, without the data of any, ` +
      `remove that file`,
  );
}

function notAskedFor({ replica, dataDir, keyFile }: FirstStart): ConfigError {
  return new ConfigError(
    `--data ${dataDir}: given ${
      found(dataDir)
    }, wanted the one ${replica} ran on. If a disk is not mounted there, mount it. If ${replica} ` +
      `ran before and its data is lost, start it with --recover. Only if it never ran with this key, start it once with --init ` +
      `(a permission for a first start, ${
        permissionsOf({ keyFile, dataDir }).join(" or ")
      }, is not there or was used up)`,
  );
}
