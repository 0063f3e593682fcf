/** The ports handed to the core, so that it imports nothing: a hash function, the replicated application, the chunks on disk. */
import type { ClientId, Digest, LogIndex, Millis } from "./ids.ts";
import type { ChangeRefusal } from "./operations/change.ts";
import type { Feed } from "./operations/feed.ts";

/** Returns the SHA-256 digest of `bytes`. Deterministic, synchronous. */
export type Hash = (bytes: Uint8Array) => Digest;

/** A rule of what a client may do with the keys that begin with `prefix`, or, if it is `exact`, with that key alone. */
export interface AccessRule {
  readonly prefix: string;
  readonly exact: boolean;
  readonly read: boolean;
  readonly write: boolean;
}

/** The rights of a client: it may do what one of the rules allows; null: everything. */
export type Access = readonly AccessRule[] | null;

/** A kind of right, as rosters name it. */
export type Right = "read" | "write" | "both";

/** A right as a roster grants it: to keys that begin with `prefix`, or to one key. */
export type Grant = ({ readonly prefix: string } | { readonly key: string }) & { readonly may: Right };

/** The client that asks, and its rights by the roster in force. */
export interface QueryContext {
  readonly client: ClientId;
  readonly access: Access;
}

/** The position of a command in the log, for a state machine that wants it, and who sent it. */
export interface ApplyContext extends QueryContext {
  readonly index: LogIndex;
  /** Log time in milliseconds at `index` (§15.6). Only differences mean anything; a deadline `ttl + LIMITS.clockLeadMs` later is never early. */
  readonly time: Millis;
}

/** The answer to a read (§7.4). */
export interface QueryResult {
  /**
   * A version of what was read: it and the value together are never the answer again once they were not. So the revision of the whole
   * state will do, or that of the part read, while a value alone may come back. Equal states give equal versions.
   */
  readonly version: number;
  readonly value: Uint8Array;
}

/**
 * The replicated application. Every method is synchronous and deterministic: equal calls in equal order give equal results on every
 * replica. `apply` and `query` must not throw on any bytes: a malformed command or query is answered with an error result. One that throws is a
 * fault of the application's own, the same on every replica: the replica that calls it stops rather than guess the state. If what it threw at is in
 * the log, so does every replica, at each start again.
 *
 * Commands and queries are two languages: which of the two a client's bytes are is in its signature. Bytes that a client gave to `query` never
 * reach `apply`, nor the other way round.
 */
export interface StateMachine {
  /** Executes one command and returns its result, at most `LIMITS.maxResultBytes`. */
  apply(command: Uint8Array, context: ApplyContext): Uint8Array;
  /**
   * Answers a read and changes nothing: no later answer, result, digest or chunk may tell that it was asked. It may depend on the state alone,
   * which is that of a position in the log, not on when or how often it is asked: replicas are asked different queries in different order, and an
   * ordered query again when they apply their log again. Of an ordered query the value alone is the result, and becomes part of the replicated
   * session table; a fast read's version counts too (§7.4). The value is at most `LIMITS.maxResultBytes` long.
   */
  query(query: Uint8Array, context: QueryContext): QueryResult;
  /**
   * Returns what happened behind position `after` of what `watch` asks for; null while nothing at all did. As `query` does, it changes nothing, must
   * not throw on any bytes, and depends on the state alone: of two states of one history the later one says the same of every position that both
   * know. Without this method nobody can watch.
   */
  feed?(watch: Uint8Array, after: number, context: QueryContext): Feed | null;
  /** Returns the log time that the state waits for, or null: log time moves only while a state machine waits for one (§15.6). It must depend on the state alone. */
  nextDeadline?(): Millis | null;
  /** Takes note that log time has come to `time`, by the entry at `index`, which holds no command: what is due by then is done now (§15.6). */
  onTime?(time: Millis, index: LogIndex): void;
  /** Returns the whole state as chunks of at most `LIMITS.maxChunkBytes`; `restore` of them gives an equal state. */
  snapshot(): Iterable<Uint8Array>;
  /** Replaces the whole state with a snapshot's chunks. */
  restore(chunks: Iterable<Uint8Array>): void;
  /** Returns the digest of the whole state; equal states have equal digests. */
  digest(): Uint8Array;
  /**
   * Returns the present state, to be read chunk by chunk while the machine continues, as a checkpoint does (§8.2). Without this method a
   * checkpoint takes all chunks of `snapshot` at once, which holds up the replica.
   */
  freeze?(): FrozenState;
}

/** A state that never changes, in chunks of at most `LIMITS.maxChunkBytes`; they are those of `StateMachine.snapshot`. */
export interface FrozenState {
  readonly chunkCount: number;
  /** Returns chunk `at`, from 0 to below `chunkCount`. Chunks are asked for from the last to the first. */
  chunk(at: number): Uint8Array;
  /** Returns the SHA-256 digest of chunk `at`; known already if the chunk has not changed since an earlier state was digested. */
  chunkDigest(at: number): Digest;
  /**
   * Returns the bytes that `chunkDigest(at)` would have to digest now; 0 if the digest is known. Without this method the whole chunk counts
   * each time, so that no turn digests more than its share.
   */
  digestCost?(at: number): number;
}

/** The chunks of snapshots on this replica's disk, without those of operations that are not yet committed. */
export interface ChunkReader {
  has(digest: Digest): boolean;
  /** Returns null if the chunk is not held. */
  read(digest: Digest): Uint8Array | null;
  /** Returns the digests of all chunks held, in ascending order, so that a replay iterates in the same order. */
  digests(): Iterable<Digest>;
}

/** The verdict on a change of the roster: the roster that a valid one leads to, or what is wrong (§13.2). */
export type RosterVerdict =
  | { readonly next: RosterFacts; readonly refusal: null }
  | { readonly next: null; readonly refusal: ChangeRefusal };

/** The part of a roster that the core has to know: of the one that a change leads to, and of the one in force. */
export interface RosterFacts {
  readonly digest: Digest;
  readonly roster: {
    readonly epoch: number;
    /** A client without `access` may do everything, one with none of it nothing. */
    readonly clients: readonly { readonly id: ClientId; readonly access?: readonly Grant[] }[];
  };
}

/** Judges changes by the roster in force: its verdict on the same bytes is the same at every replica of the epoch, and at any time. */
export interface RosterChanges {
  /** The roster in force. */
  readonly current: RosterFacts;
  /** Never throws, whatever the bytes. */
  judge(command: Uint8Array): RosterVerdict;
}

/** The ports handed to `step`. */
export interface Ports {
  readonly hash: Hash;
  readonly machine: StateMachine;
  readonly changes: RosterChanges;
  readonly chunks: ChunkReader;
}

/** A piece of a snapshot (§8.3). */
export interface Chunk {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}
