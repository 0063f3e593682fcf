/** A file that appears under its name only once it is complete, durable and checked, and never overwrites another. */
import { ConfigError } from "../../crypto/config_error.ts";
import { pathExists, refuseOverwrite, syncDirectoryOf, unusablePath } from "../../crypto/files.ts";

export class NewFile implements Disposable {
  readonly path: string;
  /** Path it is written under until it is complete. */
  readonly partPath: string;
  readonly part: Deno.FsFile;

  /** Opens `path`.part for writing. Throws `ConfigError` if `path` exists, or another process is writing it. */
  constructor(path: string) {
    this.path = path;
    this.partPath = `${path}.part`;
    if (pathExists(path)) refuseOverwrite([path]);
    this.part = openPart(path, this.partPath);
    this.part.truncateSync();
  }

  /** Gives the file its name. Throws `ConfigError` if the name has been taken meanwhile. */
  finish(): void {
    this.part.syncSync();
    try {
      Deno.linkSync(this.partPath, this.path);
    } catch (cause) {
      if (cause instanceof Deno.errors.AlreadyExists || pathExists(this.path)) refuseOverwrite([this.path]);
      // A file system without hard links; the name was free a moment ago.
      Deno.renameSync(this.partPath, this.path);
    }
    syncDirectoryOf(this.path);
  }

  /** Closes the file and removes it if it is incomplete. */
  [Symbol.dispose](): void {
    this.part.close();
    if (pathExists(this.partPath)) Deno.removeSync(this.partPath);
  }
}

function openPart(path: string, partPath: string): Deno.FsFile {
  let part: Deno.FsFile;
  try {
    part = Deno.openSync(partPath, { create: true, read: true, write: true, mode: 0o600 });
  } catch (cause) {
    throw unusablePath(path, cause, "a new file in a directory that exists");
  }
  // A part file left behind by a killed process is not locked.
  if (part.tryLockSync(true)) return part;
  part.close();
  throw new ConfigError(`${path}: given a file that another process is writing, wanted another`);
}
