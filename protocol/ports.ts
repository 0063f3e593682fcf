/** What the core is handed, so that it imports nothing: a hash function and the replicated application. */
import type { ClientId, Digest, LogIndex } from "./ids.ts";

/** SHA-256 of `bytes`. Deterministic, synchronous. */
export type Hash = (bytes: Uint8Array) => Digest;

/** Where a command stands in the log, for a state machine that wants to know. */
export interface ApplyContext {
  readonly index: LogIndex;
  readonly client: ClientId;
}

/** Answer of a read at one version of the state (§7.4). */
export interface QueryResult {
  /** The version of the whole state the value was read at; equal state has equal version. */
  readonly version: number;
  readonly value: Uint8Array;
}

/**
 * The replicated application. Every method is synchronous and deterministic: equal calls in equal order give equal
 * results on every replica. `apply` and `query` must not throw on any bytes: a malformed command is answered with an error result.
 */
export interface StateMachine {
  /** Executes one command and returns its result, at most `LIMITS.maxResultBytes`. */
  apply(command: Uint8Array, context: ApplyContext): Uint8Array;
  /** Reads without changing anything. */
  query(query: Uint8Array): QueryResult;
  /** The whole state as chunks; `restore` of them gives an equal state. */
  snapshot(): Iterable<Uint8Array>;
  /** Replaces the whole state by a snapshot's chunks. */
  restore(chunks: Iterable<Uint8Array>): void;
  /** Digest of the whole state; equal state has equal digest. */
  digest(): Uint8Array;
  /**
   * The present state, to be read chunk by chunk while the machine goes on, as a checkpoint does (§8.2). Without it a checkpoint
   * takes all chunks of `snapshot` at once, and holds up the replica meanwhile.
   */
  freeze?(): FrozenState;
}

/** A state that never changes, in chunks of at most `LIMITS.maxChunkBytes`; they are those of `StateMachine.snapshot`. */
export interface FrozenState {
  readonly chunkCount: number;
  /** Chunk `at`, from 0 to below `chunkCount`. They are asked for from the last to the first. */
  chunk(at: number): Uint8Array;
  /** SHA-256 of chunk `at`. What it costs is known early for chunks that have not changed since an earlier state. */
  chunkDigest(at: number): Digest;
  /**
   * Bytes that `chunkDigest(at)` would have to digest now; 0 where it knows the digest. Without it the whole chunk counts each time, so that
   * no turn digests more than its share.
   */
  digestCost?(at: number): number;
}

/** The chunks of snapshots on this replica's disk; those of operations not yet committed are not among them. */
export interface ChunkReader {
  has(digest: Digest): boolean;
  /** Null where it is not held. */
  read(digest: Digest): Uint8Array | null;
  /** All that are held, in ascending order: a replay goes through them in the same one. */
  digests(): Iterable<Digest>;
}

/** Everything handed to `step`. */
export interface Ports {
  readonly hash: Hash;
  readonly machine: StateMachine;
  readonly chunks: ChunkReader;
}

/** A piece of a snapshot (§8.3). */
export interface Chunk {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}
