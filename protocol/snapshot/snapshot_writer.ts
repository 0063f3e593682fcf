/**
 * Writes a snapshot a few chunks at a time, while the replica goes on (§8.2): first the session table, then the state machine from its last
 * chunk to its first, then the manifest. A chunk the disk holds already is not made again.
 */
import type { Digest } from "../ids.ts";
import { assertInvariant } from "../invariant.ts";
import type { Chunk, ChunkReader, FrozenState, Hash } from "../ports.ts";
import { type FrozenSessions, sessionChunks } from "./session_chunks.ts";
import { makeManifest, type Manifest } from "./snapshot_manifest.ts";
import { checkLength } from "./snapshot_source.ts";

/** What a chunk costs besides its bytes: a look at what is held, and a digest that is known. */
export const CHUNK_OVERHEAD_BYTES = 256;

/** A snapshot that is being written. */
export interface SnapshotWriter {
  /** The session table's chunks still to come; null when there are none. */
  sessions: Iterator<Uint8Array, void> | null;
  readonly machine: FrozenState;
  /** Of the session table's chunks so far, in order. */
  readonly sessionDigests: Digest[];
  /** Of the state machine's chunks so far, from the last on. */
  readonly machineDigests: Digest[];
}

/** A snapshot all chunks of which were handed out or are held. */
export interface WrittenSnapshot {
  /** What replicas certify: the digest of the manifest's head. */
  readonly stateDigest: Digest;
  /** Of all chunks: the manifest's head and lists, the session table's, the state machine's. */
  readonly digests: readonly Digest[];
}

/** What one turn of writing gave. */
export interface WrittenChunks {
  /** To be made durable; none of them was held. */
  readonly chunks: readonly Chunk[];
  /** Null while there is more to write. It must not be certified before all chunks are durable. */
  readonly done: WrittenSnapshot | null;
}

/** What writing needs to know. */
export interface WriterPorts {
  readonly hash: Hash;
  readonly chunks: Pick<ChunkReader, "has">;
}

/** Begins to write the snapshot of a session table and a state machine as they were at one index. */
export function startSnapshot(sessions: FrozenSessions, machine: FrozenState): SnapshotWriter {
  return { sessions: sessionChunks(sessions), machine, sessionDigests: [], machineDigests: [] };
}

/**
 * Writes on: until about `maxBytes` of chunks have been made or digested, at least one chunk. What `ports.chunks` holds when a chunk's turn
 * comes must stay there until the snapshot is written. Not to be called again once it is done.
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

/** Digests of the chunks so far, those of the manifest not among them: what must not be dropped while the rest is written. */
export const writtenDigests = ({ sessionDigests, machineDigests }: SnapshotWriter): Digest[] => [
  ...sessionDigests,
  ...machineDigests,
];

/** Takes the next chunk of the session table and returns how many bytes it has; null where there is none. */
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

/** Takes the chunk before of the state machine and returns how many bytes of it were made or digested; null where there is none. */
function nextPart({ machine, machineDigests }: SnapshotWriter, ports: WriterPorts, found: Chunk[]): number | null {
  const at = machine.chunkCount - 1 - machineDigests.length;
  if (at < 0) return null;
  const cost = machine.digestCost?.(at) ?? machine.chunk(at).length;
  const digest = machine.chunkDigest(at);
  machineDigests.push(digest);
  if (ports.chunks.has(digest)) return cost;
  const bytes = checkLength(at, machine.chunk(at));
  // A wrong digest would be found when the snapshot is needed, and then nobody had another.
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
