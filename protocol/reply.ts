/** Answers to requests, and the reply in which a replica tells them to its clients (§7.2). */
import type { ClientId, Digest, LogIndex, ReplicaId, Term } from "./ids.ts";

/**
 * The session table's verdict on a request (§7.1). Of both kinds: `applied`. Of commands: `conflict`, another command has its seq; `expired`, its seq is
 * below the window; `ahead`, above it; `unexecuted`, its session is closed and it was never executed; `unknown`, its session is gone and
 * nobody can tell. Of registers: `void`, it opens no session. Nothing but `applied` executes anything.
 */
export type Outcome = "applied" | "conflict" | "expired" | "ahead" | "unexecuted" | "unknown" | "void";

/** One answer (§7.2). */
export interface Answer {
  /** Digest of the request that it settles. */
  readonly request: Digest;
  readonly outcome: Outcome;
  /**
   * Of `applied` the entry that applied the request, of `conflict` the one that applied the other command. Of the others the answering
   * replica's applied index, which differs between replicas and is not compared.
   */
  readonly index: LogIndex;
  /** The state machine's result when a command was applied; otherwise empty. */
  readonly result: Uint8Array;
}

/** §7.2h, replica → clients: all that it tells them at once, as the root of a tree over its parts; leader and term are hints. */
export interface Reply {
  readonly kind: "Reply";
  readonly replica: ReplicaId;
  readonly term: Term;
  readonly leader: ReplicaId | null;
  /** Number of parts, the leaves of the tree; at most `LIMITS.maxReplyParts`, at least one. */
  readonly parts: number;
  readonly root: Digest;
}

/** §7.4: the answers to one FastReads, as part of a {@linkcode Reply} like any other. */
export interface ReadPart {
  readonly client: ClientId;
  /** That of the question. */
  readonly nonce: number;
  /** The answers to the first queries, in their order; none where the replica refuses. Each is an encoded `QueryResult`, compared as a whole. */
  readonly payloads: readonly Uint8Array[];
}

/** §7.2h: what one client is told. It is not signed itself; it counts as part of a {@linkcode Reply}, with a path to its root. */
export interface ReplyPart {
  readonly client: ClientId;
  readonly answers: readonly Answer[];
}
