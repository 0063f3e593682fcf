/**
 * The manifest of a snapshot (§8.3): the list of its chunks. It has two levels, so that no part of it outgrows a chunk: the head holds
 * counters and the digests of the lists, a list holds the digests of up to {@linkcode LIMITS.maxListDigests} chunks. The head's own digest
 * is the state digest that replicas certify: with it, a receiver can check the head, then each list, then each chunk, one by one, whatever
 * their source.
 *
 * Head: `u8 version = 2`, `u32 session chunks`, `u32 chunks`, then the digests of the lists. The session table's chunks come first,
 * the state machine's behind them.
 */
import { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { DIGEST_BYTES } from "../bytes/sizes.ts";
import type { Digest } from "../ids.ts";
import { assertInvariant } from "../invariant.ts";
import { LIMITS } from "../limits.ts";
import type { Chunk, Hash } from "../ports.ts";
import { digestsInList, joinDigests, listDigests, listsFor, splitDigests } from "./snapshot_digests.ts";

/** First byte of every head. */
export const MANIFEST_VERSION = 2;
/** Version, session chunks, chunks. */
const COUNTER_BYTES = 1 + 4 + 4;
const MAX_LISTS = Math.floor((LIMITS.maxChunkBytes - COUNTER_BYTES) / DIGEST_BYTES);
/** Maximum number of chunks of a snapshot; with pages of 32 KiB, 2.5 TiB. */
const MAX_CHUNKS = MAX_LISTS * LIMITS.maxListDigests;

/** The digests of a snapshot's chunks. */
export interface ChunkList {
  /** Number of digests, from the first on, that are the session table's; the others are the state machine's. */
  readonly sessionChunks: number;
  readonly digests: readonly Digest[];
}

/** The chunks that list the chunks of a snapshot. */
export interface Manifest {
  /** The head, whose digest is the state digest. */
  readonly head: Chunk;
  readonly lists: readonly Chunk[];
}

/** A decoded head. */
export interface ManifestHead {
  readonly sessionChunks: number;
  /** Number of chunks, including those of the session table; head and lists are not counted. */
  readonly chunks: number;
  /** Digests of the lists. */
  readonly lists: readonly Digest[];
}

/** Returns the manifest of a snapshot; equal chunks give an equal one. Throws InvariantError on more chunks than a head has room for. */
export function makeManifest(hash: Hash, { sessionChunks, digests }: ChunkList): Manifest {
  const held = sessionChunks <= digests.length && digests.length <= MAX_CHUNKS;
  assertInvariant(held, "internal", `a snapshot has ${digests.length} chunks, ${sessionChunks} of them of sessions`);
  const lists = listDigests(digests, LIMITS.maxListDigests).map((bytes) => ({ digest: hash(bytes), bytes }));
  const writer = new ByteWriter().u8(MANIFEST_VERSION).u32(sessionChunks).u32(digests.length);
  const bytes = writer.raw(joinDigests(lists.map((list) => list.digest))).finish();
  return { head: { digest: hash(bytes), bytes }, lists };
}

/** Reads a head. Throws a RangeError that says what is wrong unless `makeManifest` could have made it. */
export function readManifestHead(bytes: Uint8Array): ManifestHead {
  const fail = (what: string): never => {
    throw new RangeError(`A snapshot's head ${what}`);
  };
  if (bytes.length > LIMITS.maxChunkBytes) {
    fail(`has ${bytes.length} bytes, at most ${LIMITS.maxChunkBytes} are allowed`);
  }
  const reader = new ByteReader(bytes);
  const [version, sessionChunks, chunks] = [reader.u8(), reader.u32(), reader.u32()];
  if (reader.failed) fail(`has ${bytes.length} bytes, at least ${COUNTER_BYTES} are wanted`);
  if (version !== MANIFEST_VERSION) fail(`has version ${version}, ${MANIFEST_VERSION} is wanted`);
  if (chunks > MAX_CHUNKS) fail(`announces ${chunks} chunks, at most ${MAX_CHUNKS} have room`);
  if (sessionChunks > chunks) fail(`announces ${sessionChunks} chunks of sessions among ${chunks} chunks`);
  const count = listsFor(chunks, LIMITS.maxListDigests);
  return { sessionChunks, chunks, lists: named("head", () => splitDigests(bytes.subarray(COUNTER_BYTES), count)) };
}

/**
 * Returns the digests in list number `at`, from 0, of the manifest with `head`. Throws a RangeError that says what is wrong unless there is
 * such a list and `bytes` can be it. The caller must check that the digest of `bytes` is the one in the head.
 */
export function readManifestList(head: ManifestHead, at: number, bytes: Uint8Array): Digest[] {
  if (head.lists[at] === undefined) {
    throw new RangeError(`List ${at} of a snapshot's manifest is asked for, it has ${head.lists.length}`);
  }
  const count = digestsInList(head.chunks, LIMITS.maxListDigests, at);
  return named(`list ${at}`, () => splitDigests(bytes, count));
}

function named<T>(part: string, read: () => T): T {
  try {
    return read();
  } catch (fault) {
    throw fault instanceof RangeError ? new RangeError(`A snapshot's ${part} ${fault.message}`) : fault;
  }
}
