/** Entries and the requests in them (§3.1). */
import type { ClientId, Digest, LogIndex, Seq, Term } from "./ids.ts";
import type { Signed } from "./signed.ts";

/**
 * A client's request as the client signed it (§7.1). Every replica requires `floor ≤ seq`. `command` is opaque to the protocol, at most
 * {@linkcode LIMITS.maxCommandBytes}.
 */
export interface SendRequest {
  readonly kind: "SendRequest";
  readonly client: ClientId;
  readonly seq: Seq;
  /** Low edge of the client's session window; every seq below it is settled for the client. */
  readonly floor: Seq;
  readonly command: Uint8Array;
}

/**
 * A log entry. `body` is hashed and stored byte for byte as received: the requests, or none for a no-op. `requests` is the decoded view of
 * it, or null if the body is not a well-formed list of requests (then the entry is never appended and its leader is accused, §3.2).
 */
export interface Entry {
  readonly index: LogIndex;
  readonly term: Term;
  readonly body: Uint8Array;
  readonly requests: readonly Signed<SendRequest>[] | null;
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
