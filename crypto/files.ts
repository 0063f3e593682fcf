/** Small configuration files: read up to a bound, written whole or not at all. */
import { ConfigError } from "./config_error.ts";

/** The text of a file, and its permission bits; null on platforms without them. */
export interface SmallFile {
  readonly text: string;
  readonly mode: number | null;
}

/**
 * Reads a file of at most `maxBytes` bytes of UTF-8. The mode is that of the very file that was read. Throws `ConfigError` if the file is
 * missing, not a regular file, too long or not UTF-8.
 */
export async function readSmallFile(path: string, maxBytes: number): Promise<SmallFile> {
  using file = await openForReading(path);
  const info = await file.stat();
  if (!info.isFile) throw new ConfigError(`${path}: given no plain file, wanted one`);
  const bytes = new Uint8Array(maxBytes + 1);
  const length = await readInto(file, bytes);
  if (length > maxBytes) throw new ConfigError(`${path}: given more than ${maxBytes} bytes, wanted at most that`);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length));
    return { text, mode: info.mode };
  } catch {
    throw new ConfigError(`${path}: given bytes that are no UTF-8, wanted JSON in UTF-8`);
  }
}

async function openForReading(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new ConfigError(`${path}: given the name of no file, wanted one that exists`, { cause });
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
    throw cause;
  } finally {
    await removeIfThere(temporary);
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
