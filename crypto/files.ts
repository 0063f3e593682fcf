/** Small configuration files: read up to a bound, written whole or not at all. */
import { ConfigError } from "./config_error.ts";

/** The text of a file, and its permission bits; null on platforms without them. */
export interface SmallFile {
  readonly text: string;
  readonly mode: number | null;
}

/**
 * Reads a file of at most `maxBytes` bytes of UTF-8. The mode is that of the very file that was read. Throws `ConfigError` naming the file if
 * it cannot be opened, is not a regular file, too long or not UTF-8.
 */
export async function readSmallFile(path: string, maxBytes: number): Promise<SmallFile> {
  using file = openRegularFile(path);
  const { mode } = file.statSync();
  const bytes = new Uint8Array(maxBytes + 1);
  const length = await readInto(file, bytes);
  if (length > maxBytes) throw new ConfigError(`${path}: given more than ${maxBytes} bytes, wanted at most that`);
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length)), mode };
  } catch {
    throw new ConfigError(`${path}: given bytes that are no UTF-8, wanted JSON in UTF-8`);
  }
}

/** Permission bits of the group and of others. */
const FOREIGN_BITS = 0o077;

/** Throws `ConfigError` unless only the owner can read the file of `mode`. Platforms without permission bits (null) are exempt. */
export function requirePrivate(path: string, mode: number | null, what: string): void {
  if (mode === null || (mode & FOREIGN_BITS) === 0) return;
  const given = (mode & 0o777).toString(8).padStart(4, "0");
  throw new ConfigError(
    `${path}: given mode ${given}, wanted ${what} that only its owner can read (run: chmod 600 ${path})`,
  );
}

/**
 * Opens a regular file for reading. Throws `ConfigError` naming it, and what is `wanted`, if there is none or the path leads to none. Anything
 * else is not even opened: opening a FIFO waits until somebody writes to it.
 */
export function openRegularFile(path: string, wanted = "a plain file that exists"): Deno.FsFile {
  const irregular = () => new ConfigError(`${path}: given no plain file, wanted ${wanted}`);
  try {
    if (!Deno.statSync(path).isFile) throw irregular();
    const file = Deno.openSync(path);
    if (file.statSync().isFile) return file;
    file.close();
  } catch (cause) {
    throw unusablePath(path, cause, wanted);
  }
  throw irregular();
}

/** Faults of a path by the code of the system, as an error words them. Any other code is no fault of whoever gave the path. */
const PATH_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: "the name of no file",
  ENOTDIR: "a path through something that is no directory",
  ELOOP: "a path through symbolic links that lead to themselves",
  ENAMETOOLONG: "a name that is too long for this system",
  EACCES: "a path that this user may not use",
  EPERM: "a path that this user may not use",
  EISDIR: "a directory",
  EINVAL: "a name that this system does not take",
};

/** Fault of most paths in `/dev`, `/proc` and `/sys`, for which Deno wants every permission there is. */
const NOT_CAPABLE = "a path that this program does not use, as it leads to a device or to the system itself";

/** Returns the error of a system call on `path`: a `ConfigError` if the path is at fault, else one that names the path at least. */
export function unusablePath(path: string, cause: unknown, wanted: string): Error {
  if (cause instanceof ConfigError) return cause;
  const { message, code } = cause as Error & { readonly code?: string };
  const given = cause instanceof Deno.errors.NotCapable ? NOT_CAPABLE : PATH_FAULTS[code ?? ""];
  if (given !== undefined) return new ConfigError(`${path}: given ${given}, wanted ${wanted}`, { cause });
  return message.includes(path) ? cause as Error : new Error(`${path}: ${message}`, { cause });
}

/** Returns whether there is anything at `path`. Throws `ConfigError` if the path leads nowhere. */
export function pathExists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw unusablePath(path, cause, "one of a file, there or new");
  }
}

async function readInto(file: Deno.FsFile, bytes: Uint8Array): Promise<number> {
  let length = 0;
  while (length < bytes.length) {
    const count = await file.read(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  return length;
}

/** Makes a directory and those above it, if they are missing. Throws `ConfigError` naming it if something else is in its place. */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) throw unusablePath(path, cause, "a directory");
    throw new ConfigError(`${path}: given something that is no directory, wanted one`, { cause });
  }
}

/** Throws the `ConfigError` for files that already exist; nothing is overwritten. */
export function refuseOverwrite(paths: readonly string[]): never {
  throw new ConfigError(`${paths.join(", ")}: given a file that exists, wanted a new one (nothing is overwritten)`);
}

/**
 * Writes a new file with permission bits `mode`; the file is durable when the promise resolves. It appears with its whole content or not
 * at all, and never replaces another: the finished temporary file is linked into place. Throws `ConfigError` if `path` exists.
 */
export async function writeNewFile(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await writeDurably(temporary, new TextEncoder().encode(text), mode);
    await Deno.link(temporary, path);
  } catch (cause) {
    if (cause instanceof Deno.errors.AlreadyExists) refuseOverwrite([path]);
    throw unusablePath(path, cause, "a new file in a directory that takes one");
  } finally {
    await removeIfThere(temporary);
  }
}

/** Makes the name of a file durable by syncing its directory; if a directory cannot be synced, there is nothing more to do. */
export function syncDirectoryOf(path: string): void {
  const end = path.lastIndexOf("/");
  try {
    using directory = Deno.openSync(end < 0 ? "." : path.slice(0, end + 1));
    directory.syncSync();
  } catch {
    // Windows does not open directories; its file systems keep names in a journal.
  }
}

/**
 * Writes a file with permission bits `mode` in the place of what is there; its content is durable when the promise resolves. Whoever reads it finds the old
 * content or the new one, never a part. Throws `ConfigError` if the path leads nowhere.
 */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await writeDurably(temporary, new TextEncoder().encode(text), mode);
    await Deno.rename(temporary, path);
    syncDirectoryOf(path);
  } catch (cause) {
    await removeIfThere(temporary);
    throw unusablePath(path, cause, "a file that may be replaced");
  }
}

/** New files by path, and how each is written. */
export type NewFiles = ReadonlyMap<string, (path: string) => Promise<void>>;

/**
 * Writes files into `directory`, which is made if missing, in their order: all of them or none. Throws `ConfigError` naming those that exist,
 * or appear meanwhile.
 */
export async function writeNewFiles(directory: string, files: NewFiles): Promise<void> {
  await makeDirectory(directory);
  const found = [...files.keys()].filter(pathExists);
  if (found.length > 0) refuseOverwrite(found);
  const written: string[] = [];
  try {
    for (const [path, write] of files) {
      await write(path);
      written.push(path);
    }
  } catch (cause) {
    for (const path of written) await removeIfThere(path);
    throw cause;
  }
}

async function writeDurably(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode });
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  await file.sync();
}

/** Removes a file; does nothing if it does not exist. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
}
