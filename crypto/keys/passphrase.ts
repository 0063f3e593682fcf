/** Passphrases of key files, each in a file of its own, so that none stands in a list of processes or a shell's history. */
import { ConfigError } from "../config_error.ts";
import { readSmallFile, requirePrivate } from "../files.ts";

const MIN_BYTES = 8;
const MAX_BYTES = 1024;
/** A line end behind the passphrase, which editors add and nobody means. */
const LINE_END_BYTES = 2;

/** Reads the passphrase of one line in `path`; null without a path. Throws `ConfigError`, which never repeats a passphrase. */
export async function readPassphrase(path: string | null): Promise<string | null> {
  if (path === null) return null;
  const { text, mode } = await readSmallFile(path, MAX_BYTES + LINE_END_BYTES);
  requirePrivate(path, mode, "a passphrase");
  const passphrase = text.replace(/\r?\n$/, "");
  const wanted = `wanted a passphrase of ${MIN_BYTES} to ${MAX_BYTES} bytes on one line`;
  if (/[\r\n\0]/.test(passphrase)) throw new ConfigError(`${path}: given more than one line, ${wanted}`);
  const bytes = new TextEncoder().encode(passphrase).length;
  if (bytes < MIN_BYTES || bytes > MAX_BYTES) throw new ConfigError(`${path}: given ${bytes} bytes, ${wanted}`);
  return passphrase;
}
