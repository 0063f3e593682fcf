/** Bodies of signed messages. The names and the direction of each are in `docs/protocol.md`. */
import type { ClockStatement, Head, RegisterSession, SendRequest } from "./entry.ts";
import type { ClientId, Digest, LogIndex, ReplicaId, Round, Term } from "./ids.ts";
import type { GetFeed } from "./operations/feed.ts";
import type { Reply } from "./reply.ts";
export type { ClockStatement, RegisterSession, Request, SendRequest } from "./entry.ts";
export type { GetFeed } from "./operations/feed.ts";
export type { Answer, BusyAnswer, Outcome, ReadPart, Reply, ReplyPart } from "./reply.ts";

/** A certified point on a chain; its rank is ordered by term, then index (§5.5). */
export interface Certified extends Head {
  readonly term: Term;
}

/** §5.1, leader → all. `entryHashes` are the chain hashes of entries prevIndex+1…; an empty list is a heartbeat. */
export interface AppendEntries {
  readonly kind: "AppendEntries";
  readonly term: Term;
  readonly leader: ReplicaId;
  readonly round: Round;
  readonly prevIndex: LogIndex;
  readonly prevHash: Digest;
  readonly entryHashes: readonly Digest[];
  readonly commitIndex: LogIndex;
}

/** §5.4, every replica → all, published. `acks` is ascending by index and ends with the head; empty before any ack. */
export interface AppendEntriesResponse {
  readonly kind: "AppendEntriesResponse";
  readonly term: Term;
  readonly replica: ReplicaId;
  readonly acks: readonly Head[];
  readonly prepared: Certified;
  readonly commitIndex: LogIndex;
  readonly commitHash: Digest;
  readonly round: Round;
}

/** §5.2, follower → leader: "I cannot append; resend from my commit index", and whether the election proof is wanted. */
export interface ResendRequest {
  readonly kind: "ResendRequest";
  readonly term: Term;
  readonly replica: ReplicaId;
  /** Round of the AppendEntries that did not fit. */
  readonly round: Round;
  readonly commitIndex: LogIndex;
  readonly commitHash: Digest;
  /** Highest point of the follower's log that an AppendEntries of this term confirmed; its commit point if there is none. */
  readonly match: Head;
  readonly proofWanted: boolean;
}

/** §6.3, published. */
export interface PreVote {
  readonly kind: "PreVote";
  readonly term: Term;
  readonly replica: ReplicaId;
}

/** §6.4, candidate → all. */
export interface RequestVote {
  readonly kind: "RequestVote";
  readonly term: Term;
  readonly candidate: ReplicaId;
  readonly base: Certified;
}

/** §6.5, voter → candidate: a granted vote. A refusal is a {@linkcode VoteRefusal} and can never count as one. */
export interface Vote {
  readonly kind: "Vote";
  readonly term: Term;
  readonly candidate: ReplicaId;
  readonly voter: ReplicaId;
  readonly granted: true;
  readonly base: Certified;
}

/** §6.5, voter → candidate: the voter's own rank is higher; its certificate is attached to the packet. */
export interface VoteRefusal {
  readonly kind: "VoteRefusal";
  readonly term: Term;
  readonly candidate: ReplicaId;
  readonly voter: ReplicaId;
}

/** §6.2, voter → candidate: "I do not suspect my leader now; the real answer follows if I come to". */
export interface VoteDeferred {
  readonly kind: "VoteDeferred";
  readonly term: Term;
  readonly candidate: ReplicaId;
  readonly voter: ReplicaId;
}

/** §14.2, leader → all: it gives up its office once the tip, its last entry, is committed; the successor begins. */
export interface HandOver extends Head {
  readonly kind: "HandOver";
  readonly term: Term;
  readonly leader: ReplicaId;
  readonly successor: ReplicaId;
}

/** §8.1, any replica → any replica: entries from `from` on, of the chain that passes through `head`. */
export interface FetchEntries {
  readonly kind: "FetchEntries";
  readonly replica: ReplicaId;
  readonly nonce: number;
  readonly from: LogIndex;
  readonly head: Head;
  readonly maxBytes: number;
}

/** §8.1: the answer; its entries and certificate travel in the packet and prove themselves. */
export interface FetchEntriesResponse {
  readonly kind: "FetchEntriesResponse";
  readonly replica: ReplicaId;
  readonly nonce: number;
  readonly from: LogIndex;
}

/** §8.2, published: the digest of the whole replicated state once the entry at `index` is applied. `hash` is the chain's hash there. */
export interface Checkpoint extends Head {
  readonly kind: "Checkpoint";
  readonly replica: ReplicaId;
  /** Digest of the snapshot's manifest. */
  readonly stateDigest: Digest;
}

/** §8.3, any replica → any replica: chunks of a snapshot, by their digests; at most `LIMITS.maxFetchChunks`, at least one. */
export interface FetchChunks {
  readonly kind: "FetchChunks";
  readonly replica: ReplicaId;
  readonly nonce: number;
  readonly digests: readonly Digest[];
}

/** §8.3: the answer; its chunks travel in the packet and prove themselves. */
export interface FetchChunksResponse {
  readonly kind: "FetchChunksResponse";
  readonly replica: ReplicaId;
  readonly nonce: number;
}

/** §8.4, a replica that lost its disk → all: asks for the terms it may have signed in. */
export interface RollCall {
  readonly kind: "RollCall";
  readonly replica: ReplicaId;
  /** Drawn at random when the recovery began. */
  readonly nonce: Digest;
}

/** §8.4, the answer: the highest term the answering replica has entered or signed a PreVote for. */
export interface RollCallAnswer {
  readonly kind: "RollCallAnswer";
  readonly replica: ReplicaId;
  readonly asker: ReplicaId;
  readonly nonce: Digest;
  readonly term: Term;
}

/**
 * Client → replica on connecting and every few seconds: where answers for this client go, those of `session` or, if it is `ALL_SESSIONS`,
 * of all. It counts at the replica it names only, so that no replica can greet another in the client's name, and over the route its
 * challenge was made for only, so that no recorded one leads answers elsewhere. A replica answers any other challenge with the right one.
 */
export interface ClientHello {
  readonly kind: "ClientHello";
  readonly client: ClientId;
  readonly replica: ReplicaId;
  readonly session: LogIndex;
  /** {@linkcode LIMITS.nonceBytes}, which the replica told before; zeros at first. */
  readonly challenge: Uint8Array;
}

/**
 * §7.4, client → all: 1 to `LIMITS.maxGroup` fast reads, of `LIMITS.maxCommandBytes` together; refused unless the roster enables fast reads. The
 * answer is a {@linkcode ReadPart}.
 */
export interface FastReads {
  readonly kind: "FastReads";
  readonly client: ClientId;
  readonly nonce: number;
  readonly queries: readonly Uint8Array[];
}

/** Client → replica: the committed entry at `index`, or none. */
export interface GetCommittedCommand {
  readonly kind: "GetCommittedCommand";
  readonly client: ClientId;
  readonly nonce: number;
  readonly index: LogIndex;
}

/** Client → replica: the replica's status. */
export interface GetStatus {
  readonly kind: "GetStatus";
  readonly client: ClientId;
  readonly nonce: number;
}

/** Operator → replica: take part in the protocol (Activate) or stay out of it (Deactivate); for tests and drills. */
export interface SetActive {
  readonly kind: "SetActive";
  readonly replica: ReplicaId;
  readonly active: boolean;
  /** A replica refuses one that is not above the last it obeyed, and says which that was. */
  readonly order: number;
  /** Drawn at random: a replica does not answer the same command twice. */
  readonly nonce: number;
}

/** Replica → client: the answer to a query, to SetActive, or to a ClientHello with another challenge than the route's. */
export interface QueryReply {
  readonly kind: "QueryReply";
  readonly replica: ReplicaId;
  /** The asker: a client id, or `operator`. */
  readonly client: string;
  /** The asking message's nonce (0 for ClientHello, which has none). */
  readonly nonce: number;
  readonly ok: boolean;
  /**
   * ClientHello: the route's challenge and this replica's applied index. GetCheckpoint, GetChunks, GetEntries, GetEpochs: values that prove themselves. GetFeed: a feed. The others, and every refusal: JSON in
   * UTF-8, `{"error": …}` when not ok.
   */
  readonly payload: Uint8Array;
}

/** Every body a replica signs for its peers. */
export type PeerMessage =
  | AppendEntries
  | AppendEntriesResponse
  | ResendRequest
  | PreVote
  | RequestVote
  | Vote
  | VoteRefusal
  | VoteDeferred
  | FetchEntries
  | FetchEntriesResponse
  | Checkpoint
  | FetchChunks
  | FetchChunksResponse
  | RollCall
  | RollCallAnswer
  | HandOver
  | ClockStatement;
/** Every body a client or the operator signs. */
export type ClientMessage =
  | SendRequest
  | RegisterSession
  | ClientHello
  | FastReads
  | GetCommittedCommand
  | GetStatus
  | SetActive
  | GetCheckpoint
  | GetChunks
  | GetEntries
  | GetEpochs
  | GetFeed;
/** Every body a replica signs for clients. */
export type ReplyMessage = Reply | QueryReply;
/** Every signed body. */
export type Message = PeerMessage | ClientMessage | ReplyMessage;
/** The kinds of signed bodies; each has a domain tag of its own (§2.2). */
export type MessageKind = Message["kind"];

/** Client → replica: asks for its stable checkpoint and the latest commit certificate, with which a backup begins (§8.3). */
export interface GetCheckpoint {
  readonly kind: "GetCheckpoint";
  readonly client: ClientId;
  readonly nonce: number;
}

/** Client → replica: asks for chunks of a snapshot by their digests; at most `LIMITS.maxFetchChunks`, at least one. */
export interface GetChunks {
  readonly kind: "GetChunks";
  readonly client: ClientId;
  readonly nonce: number;
  readonly digests: readonly Digest[];
}

/** Client → replica: asks for committed entries from `from` on. */
export interface GetEntries {
  readonly kind: "GetEntries";
  readonly client: ClientId;
  readonly nonce: number;
  readonly from: LogIndex;
}

/** §13.12, client → replica: asks for the ends of epochs, of `epoch` and of those after it. */
export interface GetEpochs {
  readonly kind: "GetEpochs";
  readonly client: ClientId;
  readonly nonce: number;
  readonly epoch: number;
}
