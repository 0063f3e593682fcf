/**
 * Writing of a snapshot a few chunks at a time, while the replica continues (§8.2): first the session table, then the state machine from
 * its last chunk to its first, then the manifest. A chunk that the disk holds already is not made again.
 */
import type { Digest } from "../ids.ts";
import { assertInvariant } from "../invariant.ts";
import type { Chunk, ChunkReader, FrozenState, Hash } from "../ports.ts";
import { type FrozenSessions, sessionChunks } from "./session_chunks.ts";
import { makeManifest, type Manifest } from "./snapshot_manifest.ts";
import { checkLength } from "./snapshot_source.ts";

/** Cost of a chunk besides its bytes: looking up whether it is held, and a known digest. */
export const CHUNK_OVERHEAD_BYTES = 256;

/** A snapshot that is being written. */
export interface SnapshotWriter {
  /** The session table's chunks still to come; null when there are none. */
  sessions: Iterator<Uint8Array, void> | null;
  readonly machine: FrozenState;
  /** Digests of the session table's chunks so far, in order. */
  readonly sessionDigests: Digest[];
  /** Digests of the state machine's chunks so far, from the last chunk on. */
  readonly machineDigests: Digest[];
}

/** A snapshot all of whose chunks were handed out or are held. */
export interface WrittenSnapshot {
  /** The digest of the manifest's head, which replicas certify. */
  readonly stateDigest: Digest;
  /** Digests of all chunks: the manifest's head and lists, the session table's, the state machine's. */
  readonly digests: readonly Digest[];
}

/** The output of one turn of writing. */
export interface WrittenChunks {
  /** Chunks to be made durable; none of them was held. */
  readonly chunks: readonly Chunk[];
  /** Null while there is more to write. It must not be certified before all chunks are durable. */
  readonly done: WrittenSnapshot | null;
}

/** The ports that writing needs. */
export interface WriterPorts {
  readonly hash: Hash;
  readonly chunks: Pick<ChunkReader, "has">;
}

/** Starts writing the snapshot of a session table and a state machine as they were at one index. */
export function startSnapshot(sessions: FrozenSessions, machine: FrozenState): SnapshotWriter {
  return { sessions: sessionChunks(sessions), machine, sessionDigests: [], machineDigests: [] };
}

/**
 * Writes more chunks until about `maxBytes` have been made or digested, at least one chunk. A chunk that `ports.chunks` holds at its turn
 * must stay there until the snapshot is written. Must not be called again after it returned `done`.
 */
export function nextChunks(writer: SnapshotWriter, ports: WriterPorts, maxBytes: number): WrittenChunks {
  const chunks: Chunk[] = [];
  let spent = 0;
  do {
    const cost = nextSession(writer, ports, chunks) ?? nextPart(writer, ports, chunks);
    if (cost === null) return { chunks, done: finish(writer, ports, chunks) };
    spent += CHUNK_OVERHEAD_BYTES + cost;
  } while (spent < maxBytes);
  return { chunks, done: null };
}

/** Returns the digests of the chunks so far, without the manifest's: these must not be dropped while the rest is written. */
export const writtenDigests = ({ sessionDigests, machineDigests }: SnapshotWriter): Digest[] => [
  ...sessionDigests,
  ...machineDigests,
];

/** Takes the next chunk of the session table and returns its length in bytes; null if there is none. */
function nextSession(writer: SnapshotWriter, { hash, chunks }: WriterPorts, found: Chunk[]): number | null {
  const { done, value: bytes } = writer.sessions?.next() ?? { done: true, value: undefined };
  if (done || bytes === undefined) {
    writer.sessions = null;
    return null;
  }
  const digest = hash(bytes);
  writer.sessionDigests.push(digest);
  if (!chunks.has(digest)) found.push({ digest, bytes });
  return bytes.length;
}

/** Takes the preceding chunk of the state machine and returns how many bytes of it were made or digested; null if there is none. */
function nextPart({ machine, machineDigests }: SnapshotWriter, ports: WriterPorts, found: Chunk[]): number | null {
  const at = machine.chunkCount - 1 - machineDigests.length;
  if (at < 0) return null;
  const cost = machine.digestCost?.(at) ?? machine.chunk(at).length;
  const digest = machine.chunkDigest(at);
  machineDigests.push(digest);
  if (ports.chunks.has(digest)) return cost;
  const bytes = checkLength(at, machine.chunk(at));
  // A wrong digest would be noticed only when the snapshot is needed, and then there would be no other.
  const right = ports.hash(bytes) === digest;
  assertInvariant(right, "internal", `chunk ${at} of the state machine has another digest than ${digest}, as it says`);
  found.push({ digest, bytes });
  return Math.max(cost, bytes.length);
}

function finish(writer: SnapshotWriter, { hash, chunks }: WriterPorts, found: Chunk[]): WrittenSnapshot {
  const { sessionDigests, machineDigests } = writer;
  const digests = [...sessionDigests, ...machineDigests.toReversed()];
  const manifest: Manifest = makeManifest(hash, { sessionChunks: sessionDigests.length, digests });
  const own = [manifest.head, ...manifest.lists];
  found.push(...own.filter(({ digest }) => !chunks.has(digest)));
  return { stateDigest: manifest.head.digest, digests: [...own.map(({ digest }) => digest), ...digests] };
}
