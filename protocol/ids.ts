/** Branded identifiers, so that a term can never be passed where an index is wanted. */

declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** Election term, a safe non-negative integer; 0 is the genesis term in which nothing was ever signed. */
export type Term = Brand<number, "Term">;
/** Position in the log; the first entry has index 1, 0 is the empty prefix. */
export type LogIndex = Brand<number, "LogIndex">;
/** Counter of a leader's AppendEntries within one term (§5.1). */
export type Round = Brand<number, "Round">;
/** Number of a command within its session, from 1 (§7.1). */
export type Seq = Brand<number, "Seq">;
/** Identity of a replica in the roster, `r1`…. */
export type ReplicaId = Brand<string, "ReplicaId">;
/** Identity of a client in the roster, `c1`…. */
export type ClientId = Brand<string, "ClientId">;
/** SHA-256 digest as 64 lower-case hexadecimal digits. */
export type Digest = Brand<string, "Digest">;
/** Milliseconds on the replica's own monotonic clock; only differences are meaningful. */
export type Millis = number;

export const term = (value: number): Term => value as Term;
export const logIndex = (value: number): LogIndex => value as LogIndex;
export const round = (value: number): Round => value as Round;
export const seq = (value: number): Seq => value as Seq;
export const replicaId = (value: string): ReplicaId => value as ReplicaId;
export const clientId = (value: string): ClientId => value as ClientId;
export const digest = (value: string): Digest => value as Digest;

/** In a hello: answers to commands of all sessions of the key are wanted (§7.2). No session has this id. */
export const ALL_SESSIONS = logIndex(0);

/** Returns the index `by` places after `index` (before it if negative). */
export const offset = (index: LogIndex, by: number): LogIndex => (index + by) as LogIndex;
/** Returns the term after `value`. */
export const nextTerm = (value: Term): Term => (value + 1) as Term;
