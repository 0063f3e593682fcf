/** Watches of clients, and their encoding: `u8 version = 1`, `u8 kind` (1: all keys with a prefix, 2: one key), `text` (`docs/kv-commands.md`). */
import { ByteReader } from "../protocol/bytes/byte_reader.ts";
import { ByteWriter } from "../protocol/bytes/byte_writer.ts";
import { readKey, readText, writeKey, writeText } from "./kv_operation.ts";

/** First byte of every watch. */
export const KV_WATCH_VERSION = 1;

/** The keys watched: those that begin with `prefix`, or `key` alone. */
export type KvWatch = { readonly prefix: string } | { readonly key: string };

const KIND = { prefix: 1, key: 2 } as const;

/** Returns the bytes of a watch. Throws a RangeError that names the field if it exceeds its limits. */
export function encodeKvWatch(watch: KvWatch): Uint8Array {
  const writer = new ByteWriter().u8(KV_WATCH_VERSION);
  if ("key" in watch) writeKey(writer.u8(KIND.key), watch.key);
  else writeText(writer.u8(KIND.prefix), "prefix", watch.prefix);
  return writer.finish();
}

/** Returns the watch in `bytes`, or null unless they are exactly one. Never throws. */
export function decodeKvWatch(bytes: Uint8Array): KvWatch | null {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== KV_WATCH_VERSION) return null;
  const kind = reader.u8();
  if (kind !== KIND.prefix && kind !== KIND.key) return null;
  const watch = kind === KIND.prefix ? { prefix: readText(reader) } : { key: readKey(reader) };
  return reader.done ? watch : null;
}

/** Returns whether `key` is one of those watched. */
export const isWatched = (watch: KvWatch, key: string): boolean =>
  "key" in watch ? key === watch.key : key.startsWith(watch.prefix);
