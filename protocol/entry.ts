/** Entries and the requests in them (§3.1). */
import type { ClientId, Digest, LogIndex, Millis, ReplicaId, Seq, Term } from "./ids.ts";
import type { OperationMode } from "./operations/group.ts";
import type { Signed } from "./signed.ts";

/** A client opens a session (§7.1): the index of the entry that applies this is the session's id. */
export interface RegisterSession {
  readonly kind: "RegisterSession";
  readonly client: ClientId;
  /** An index the log has reached; this is void once the log is far beyond it, or a session above it was closed. */
  readonly base: LogIndex;
  /** {@linkcode LIMITS.nonceBytes} drawn at random, so that no two are the same. */
  readonly nonce: Uint8Array;
}

/** The meaning of a request's `command`: one operation of a kind, a group of them (§7.1f), or a change of the roster (§13.2). */
export type RequestMode = OperationMode | "group" | "roster";

/**
 * A client's command, query or group of them, as the client signed it (§7.1, §7.4). Invariant wanted by every replica: `1 ≤ floor ≤ seq`,
 * `session ≥ 1`, and `command` at most {@linkcode LIMITS.maxCommandBytes}: opaque to the protocol, or the encoding of a group.
 */
export interface SendRequest {
  readonly kind: "SendRequest";
  readonly client: ClientId;
  readonly session: LogIndex;
  readonly seq: Seq;
  /** Low edge of the session's window; every seq below it is settled for the client. */
  readonly floor: Seq;
  readonly mode: RequestMode;
  readonly command: Uint8Array;
}

/** Anything a client has ordered. Its digest is that of its body as signed, and names it in answers (§7.2). */
export type Request = SendRequest | RegisterSession;

/** §15.1: what the clock of a replica reads, in log time. */
export interface ClockStatement {
  readonly kind: "ClockStatement";
  readonly replica: ReplicaId;
  /** Whole milliseconds. */
  readonly clock: Millis;
}

/**
 * A log entry. `body` is hashed and stored byte for byte as received: the requests, none for a no-op, or statements of replicas. `requests` is the decoded view of
 * it, or null if the body is not a well-formed list of requests (then the entry is never appended and its leader is accused, §3.2).
 */
export interface Entry {
  readonly index: LogIndex;
  readonly term: Term;
  readonly body: Uint8Array;
  readonly requests: readonly Signed<Request>[] | null;
  /** The statements of an entry that has them and no requests (§15.1); absent in all others. */
  readonly statements?: readonly Signed<ClockStatement>[];
}

/** A point on a chain: the hash after the entry at `index` (§3.1). */
export interface Head {
  readonly index: LogIndex;
  readonly hash: Digest;
}

/** The link from h(i−1) to h(i), besides the index: the entry's term and the digest of its body. */
export interface Link {
  readonly term: Term;
  readonly digest: Digest;
}

/** An entry with the digest of its body and its chain hash. */
export interface ChainedEntry {
  readonly entry: Entry;
  readonly digest: Digest;
  readonly hash: Digest;
}
