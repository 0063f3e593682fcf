/** Strict reading of SQLite's rows: a column of another type than the schema's is damage, never a default. */
import { sha256 } from "../../../crypto/digest.ts";
import { equalBytes } from "../../../protocol/bytes/equal_bytes.ts";
import type { Digest } from "../../../protocol/ids.ts";
import { digest } from "../../../protocol/ids.ts";
import type { Codec } from "../../../transport/codec/mod.ts";
import { putAscii } from "../ascii.ts";
import { damaged } from "../damage.ts";

/** The values that a column may hold here. */
export type Column = number | string | Uint8Array | null;
export type Row = Readonly<Record<string, unknown>>;

/** Reads an integer column. */
export function int(row: Row, name: string): number {
  const value = row[name];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw damaged(`Column ${name} must hold a non-negative integer: it holds ${String(value)}`);
  }
  return value;
}

/** Reads a text column. */
export function text(row: Row, name: string): string {
  const value = row[name];
  if (typeof value !== "string") throw damaged(`Column ${name} must hold text: it holds ${String(value)}`);
  return value;
}

/** Reads a column of bytes. */
export function blob(row: Row, name: string): Uint8Array {
  const value = row[name];
  if (!(value instanceof Uint8Array)) throw damaged(`Column ${name} must hold bytes: it holds ${String(value)}`);
  return value;
}

/** Reads a column of the 32 bytes of a digest. */
export function hashOf(row: Row, name: string): Digest {
  const bytes = blob(row, name);
  if (bytes.length !== 32) throw damaged(`Column ${name} must hold a digest of 32 bytes: it holds ${bytes.length}`);
  return digest(bytes.toHex());
}

/** Returns a digest as it is stored. */
export const hashBytes = (value: Digest): Uint8Array => Uint8Array.fromHex(value);

const encoder = new TextEncoder();

/** Returns the SHA-256 digest over the columns, each with its type and length. */
export function checksum(columns: readonly Column[]): Uint8Array {
  const values = columns.map((column) => typeof column === "string" ? encoder.encode(column) : column);
  const parts = values.flatMap((value, at) => {
    const content = value instanceof Uint8Array ? value : String(value);
    return [`${value === null ? "null" : typeof columns[at]}:${content.length}:`, content];
  });
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    if (typeof part === "string") putAscii(all, at, part);
    else all.set(part, at);
    at += part.length;
  }
  return sha256(all);
}

/** Throws unless the row's `checksum` is that of its other columns, in the order given. */
export function verifyChecksum(row: Row, names: readonly string[], what: string): void {
  const columns = names.map((name) => row[name] as Column);
  if (!equalBytes(blob(row, "checksum"), checksum(columns))) {
    throw damaged(`The checksum of ${what} does not match its content`);
  }
}

/** Returns the value that `bytes` hold. Throws StorageError naming `what` if they hold none. */
export function decoded<T>(codec: Codec<T>, bytes: Uint8Array, what: string): T {
  try {
    return codec.decode(bytes);
  } catch (error) {
    throw damaged(`Undecodable ${what}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}
