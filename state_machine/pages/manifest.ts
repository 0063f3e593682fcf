/**
 * The manifest of a store's state: its counters and the digests of its pages. It has two levels, so that no part of it outgrows a chunk:
 * the head holds the counters and the digests of the index chunks, an index chunk holds the digests of up to
 * {@linkcode KV_LIMITS.maxIndexDigests} pages. The head's own digest is the state's (§8.3): with it, a reader can check the head, then each
 * index chunk, then each page, one by one, whatever their source.
 */
import { sha256Hex } from "../../crypto/digest.ts";
import { ByteReader } from "../../protocol/bytes/byte_reader.ts";
import { ByteWriter } from "../../protocol/bytes/byte_writer.ts";
import { DIGEST_BYTES } from "../../protocol/bytes/sizes.ts";
import type { Digest } from "../../protocol/ids.ts";
import {
  digestsInList,
  joinDigests,
  listDigests,
  listsFor,
  splitDigests,
} from "../../protocol/snapshot/snapshot_digests.ts";
import { KV_LIMITS } from "../kv_limits.ts";

/**
 * First byte of every head. Version 1 was a list of records without digests, version 2 had no history; version 4 is that of a store in which a lease was ever
 * granted.
 */
export const SNAPSHOT_VERSION = 3;
const LEASES_VERSION = 4;
/** Bytes of version, store revision, number of keys, and numbers of pages of records and of the history. */
const COUNTER_BYTES = 1 + 8 + 8 + 4 + 4;
/** Bytes of the number of the last lease, log time and the number of leases. */
const LEASE_BYTES = 8 + 8 + 4;
const MAX_INDEXES = Math.floor((KV_LIMITS.maxChunkBytes - COUNTER_BYTES - LEASE_BYTES) / DIGEST_BYTES);

/** The counters of a state, stored besides its pages. */
export interface Counters {
  /** Store revision. */
  readonly revision: number;
  /** Number of keys. */
  readonly keys: number;
  /** Number of the last lease granted, log time and number of leases there are; left out where none was ever granted. */
  readonly leases?: { readonly last: number; readonly time: number; readonly count: number };
}

/** The chunks that come before the pages, with their digests. */
export interface Manifest {
  /** The head, then the index chunks. */
  readonly chunks: readonly Uint8Array[];
  /** SHA-256 of each; the first is the state's digest. */
  readonly digests: readonly Digest[];
}

/** A decoded head. */
export interface Head extends Counters {
  /** Number of pages of records. */
  readonly pages: number;
  /** Number of pages of the history, which come behind them. */
  readonly historyPages: number;
  /** Expected digests of the index chunks. */
  readonly indexes: readonly Digest[];
}

/** Returns the manifest of a state whose pages have the given digests: `pages` of records first, then those of the history, then the leases. */
export function makeManifest(
  { revision, keys, leases }: Counters,
  pages: number,
  given: readonly Digest[],
): Manifest {
  const indexes = listDigests(given, KV_LIMITS.maxIndexDigests);
  const digests = indexes.map(sha256Hex);
  const historyPages = given.length - pages - (leases?.count ?? 0);
  const counters = new ByteWriter().u8(leases === undefined ? SNAPSHOT_VERSION : LEASES_VERSION).u64(revision).u64(
    keys,
  );
  counters.u32(pages).u32(historyPages);
  if (leases !== undefined) counters.u64(leases.last).u64(leases.time).u32(leases.count);
  const head = counters.raw(joinDigests(digests)).finish();
  return { chunks: [head, ...indexes], digests: [sha256Hex(head), ...digests] };
}

/** Reads a head. Throws a RangeError that says what is wrong unless `makeManifest` could have made it. */
export function readHead(bytes: Uint8Array): Head {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== SNAPSHOT_VERSION && version !== LEASES_VERSION) {
    throw new RangeError(`has version ${version}, ${SNAPSHOT_VERSION} is wanted`);
  }
  const [revision, keys, pages, historyPages] = [reader.u64(), reader.u64(), reader.u32(), reader.u32()];
  const leases = version === LEASES_VERSION ? { last: reader.u64(), time: reader.u64(), count: reader.u32() } : null;
  if (reader.failed) throw new RangeError(`has ${bytes.length} bytes or a counter too large, it is no head`);
  const all = pages + historyPages + (leases?.count ?? 0);
  const count = indexesFor(all);
  if (count > MAX_INDEXES) throw new RangeError(`announces ${all} pages, more than a head has room for`);
  const before = COUNTER_BYTES + (leases === null ? 0 : LEASE_BYTES);
  const indexes = splitDigests(bytes.subarray(before), count);
  if (leases !== null && (leases.last < 1 || leases.count > Math.min(leases.last, KV_LIMITS.maxLeases))) {
    throw new RangeError(`announces ${leases.count} leases, the last one number ${leases.last}, which no store has`);
  }
  if (keys < pages || historyPages > revision || (historyPages === 0 && revision > 0) || (revision === 0 && keys > 0)) {
    const counted = `${keys} keys in ${pages} pages and ${historyPages} of the history at revision ${revision}`;
    throw new RangeError(`announces ${counted}, which no store has`);
  }
  return { revision, keys, pages, historyPages, ...(leases === null ? {} : { leases }), indexes };
}

/** Returns the number of index chunks of a state with `pages` pages. */
export const indexesFor = (pages: number): number => listsFor(pages, KV_LIMITS.maxIndexDigests);

/**
 * Returns the page digests in `bytes`, index chunk number `at` of a state with `pages` pages. Throws a RangeError unless there are exactly
 * as many as that chunk holds.
 */
export const readIndex = (pages: number, at: number, bytes: Uint8Array): Digest[] =>
  splitDigests(bytes, digestsInList(pages, KV_LIMITS.maxIndexDigests, at));
