/** Reading of a snapshot from the chunks held (§8.3). Every chunk is checked against its digest again, since disks corrupt data. */
import type { Digest } from "../ids.ts";
import type { ChunkReader, Hash } from "../ports.ts";
import { readManifestHead, readManifestList } from "./snapshot_manifest.ts";

/** A snapshot whose manifest was read. */
export interface StoredSnapshot {
  /** The session table's chunks, for `readSessions`; each is read on demand, which throws a RangeError if it is missing or wrong. */
  readonly sessions: Iterable<Uint8Array>;
  /** The state machine's chunks, for `StateMachine.restore`; read likewise. */
  readonly machine: Iterable<Uint8Array>;
  /** Digests of all chunks: the manifest's head and lists, the session table's, the state machine's. */
  readonly digests: readonly Digest[];
}

/**
 * Returns the snapshot with `stateDigest`, having read its head and lists only. Throws a RangeError naming a chunk that is missing, does
 * not match its digest, or is malformed.
 */
export function restoreSnapshot(stateDigest: Digest, read: ChunkReader["read"], hash: Hash): StoredSnapshot {
  const checked = (digest: Digest, name: string): Uint8Array => readChecked(read, hash, digest, name);
  const head = readManifestHead(checked(stateDigest, "head"));
  const chunks = head.lists.flatMap((digest, at) => readManifestList(head, at, checked(digest, `list ${at}`)));
  const part = (first: number, end: number): Iterable<Uint8Array> => ({
    *[Symbol.iterator]() {
      for (let at = first; at < end; at++) yield checked(chunks[at]!, `chunk ${at} of ${chunks.length}`);
    },
  });
  return {
    sessions: part(0, head.sessionChunks),
    machine: part(head.sessionChunks, chunks.length),
    digests: [stateDigest, ...head.lists, ...chunks],
  };
}

/** Reads one chunk and checks its digest. */
function readChecked(read: ChunkReader["read"], hash: Hash, digest: Digest, name: string): Uint8Array {
  const bytes = read(digest);
  if (bytes === null) throw new RangeError(`A snapshot's ${name}, ${digest}, is missing`);
  const given = hash(bytes);
  if (given !== digest) throw new RangeError(`A snapshot's ${name} has digest ${given}, ${digest} is wanted`);
  return bytes;
}
