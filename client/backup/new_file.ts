/** A file that appears under its name when it is whole, durable and checked, and never takes another's place. */
import { ConfigError } from "../../crypto/config_error.ts";
import { refuseOverwrite } from "../../crypto/files.ts";

export class NewFile implements Disposable {
  readonly path: string;
  /** Where it is written until it is whole. */
  readonly partPath: string;
  readonly part: Deno.FsFile;

  /** Opens `path`.part for it. Throws `ConfigError` where `path` exists, or another process is writing it. */
  constructor(path: string) {
    this.path = path;
    this.partPath = `${path}.part`;
    if (exists(path)) refuseOverwrite([path]);
    this.part = openPart(path, this.partPath);
    this.part.truncateSync();
  }

  /** Gives it its name. Throws `ConfigError` where that is taken by now. */
  finish(): void {
    this.part.syncSync();
    try {
      Deno.linkSync(this.partPath, this.path);
    } catch (cause) {
      if (cause instanceof Deno.errors.AlreadyExists || exists(this.path)) refuseOverwrite([this.path]);
      // A file system without links; nobody has taken the name a moment ago.
      Deno.renameSync(this.partPath, this.path);
    }
    syncDirectory(this.path);
  }

  /** Closes it and removes what is not whole. */
  [Symbol.dispose](): void {
    this.part.close();
    if (exists(this.partPath)) Deno.removeSync(this.partPath);
  }
}

function openPart(path: string, partPath: string): Deno.FsFile {
  let part: Deno.FsFile;
  try {
    part = Deno.openSync(partPath, { create: true, read: true, write: true, mode: 0o600 });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new ConfigError(`${path}: given a file in no directory, wanted one that exists`, { cause });
  }
  // One that is left of a process that was killed is locked by nobody.
  if (part.tryLockSync(true)) return part;
  part.close();
  throw new ConfigError(`${path}: given a file that another process is writing, wanted another`);
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  }
}

/** The name is durable with its directory; where a directory cannot be synced there is nothing more to do. */
function syncDirectory(path: string): void {
  const end = path.lastIndexOf("/");
  try {
    using directory = Deno.openSync(end < 0 ? "." : path.slice(0, end + 1));
    directory.syncSync();
  } catch {
    // Windows opens no directories; its file systems keep names in a journal.
  }
}
