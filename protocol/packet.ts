/**
 * Packets: a signed message and what travels beside it. Attachments (entries, proofs, certificates) are not covered by
 * the packet's own signature; each proves itself through hashes or signatures inside it.
 *
 * A packet is generic in how its signed part appears: `Signed<M>` on the wire and in the core's inputs, plain `M` in
 * the core's outputs, where the shell signs it after persist.
 */
import type { Certificate, CheckpointProof, ElectionProof } from "./certificate.ts";
import type { Entry, SendRequest } from "./entry.ts";
import type { Evidence } from "./evidence.ts";
import type * as m from "./message.ts";

export interface AppendEntriesPacket<S = m.Signed<m.AppendEntries>> {
  readonly kind: "AppendEntries";
  readonly signed: S;
  /** One for each of the header's entryHashes, in order. */
  readonly entries: readonly Entry[];
  /** §6.7; null once the receiver is known to have it. */
  readonly proof: ElectionProof | null;
}
export interface AppendEntriesResponsePacket<S = m.Signed<m.AppendEntriesResponse>> {
  readonly kind: "AppendEntriesResponse";
  readonly signed: S;
}
export interface ResendRequestPacket<S = m.Signed<m.ResendRequest>> {
  readonly kind: "ResendRequest";
  readonly signed: S;
}
export interface PreVotePacket<S = m.Signed<m.PreVote>> {
  readonly kind: "PreVote";
  readonly signed: S;
  /** Newest election proof the sender holds for a term at or below its currentTerm (§6.3). */
  readonly proof: ElectionProof | null;
}
export interface RequestVotePacket<S = m.Signed<m.RequestVote>> {
  readonly kind: "RequestVote";
  readonly signed: S;
  readonly certificate: Certificate;
  readonly preVotes: readonly m.Signed<m.PreVote>[];
}
export interface VotePacket<S = m.Signed<m.Vote>> {
  readonly kind: "Vote";
  readonly signed: S;
}
export interface VoteRefusalPacket<S = m.Signed<m.VoteRefusal>> {
  readonly kind: "VoteRefusal";
  readonly signed: S;
  readonly certificate: Certificate;
}
export interface VoteDeferredPacket<S = m.Signed<m.VoteDeferred>> {
  readonly kind: "VoteDeferred";
  readonly signed: S;
}
export interface FetchEntriesPacket<S = m.Signed<m.FetchEntries>> {
  readonly kind: "FetchEntries";
  readonly signed: S;
}
export interface FetchEntriesResponsePacket<S = m.Signed<m.FetchEntriesResponse>> {
  readonly kind: "FetchEntriesResponse";
  readonly signed: S;
  readonly entries: readonly Entry[];
  /** A commit certificate on the served chain, if the source has one. */
  readonly certificate: Certificate | null;
  /** §8.3: instead of entries the source no longer holds, or too many of them: its stable checkpoint. */
  readonly checkpoint: CheckpointProof | null;
}
export interface CheckpointPacket<S = m.Signed<m.Checkpoint>> {
  readonly kind: "Checkpoint";
  readonly signed: S;
}
export interface FetchChunksPacket<S = m.Signed<m.FetchChunks>> {
  readonly kind: "FetchChunks";
  readonly signed: S;
}
export interface FetchChunksResponsePacket<S = m.Signed<m.FetchChunksResponse>> {
  readonly kind: "FetchChunksResponse";
  readonly signed: S;
  /** Some of the chunks asked for, at most `LIMITS.maxFetchChunkBytes` in all unless it is a single one; none where none is held. */
  readonly chunks: readonly Uint8Array[];
}
export interface RollCallPacket<S = m.Signed<m.RollCall>> {
  readonly kind: "RollCall";
  readonly signed: S;
}
export interface RollCallAnswerPacket<S = m.Signed<m.RollCallAnswer>> {
  readonly kind: "RollCallAnswer";
  readonly signed: S;
}
/** A client's request passed on by a replica (§7.3). The client's signature is the only one. */
export interface ForwardedRequestPacket {
  readonly kind: "ForwardedRequest";
  readonly signed: m.Signed<SendRequest>;
}
/** Evidence, gossiped once (§9.1). It carries the culprit's own signatures and none of the sender. */
export interface EvidencePacket {
  readonly kind: "Evidence";
  readonly evidence: Evidence;
}

/** What replicas send each other, as received. */
export type Packet =
  | AppendEntriesPacket
  | AppendEntriesResponsePacket
  | ResendRequestPacket
  | PreVotePacket
  | RequestVotePacket
  | VotePacket
  | VoteRefusalPacket
  | VoteDeferredPacket
  | FetchEntriesPacket
  | FetchEntriesResponsePacket
  | CheckpointPacket
  | FetchChunksPacket
  | FetchChunksResponsePacket
  | RollCallPacket
  | RollCallAnswerPacket
  | ForwardedRequestPacket
  | EvidencePacket;

/** What the core hands out to be signed and sent. */
export type UnsignedPacket =
  | AppendEntriesPacket<m.AppendEntries>
  | AppendEntriesResponsePacket<m.AppendEntriesResponse>
  | ResendRequestPacket<m.ResendRequest>
  | PreVotePacket<m.PreVote>
  | RequestVotePacket<m.RequestVote>
  | VotePacket<m.Vote>
  | VoteRefusalPacket<m.VoteRefusal>
  | VoteDeferredPacket<m.VoteDeferred>
  | FetchEntriesPacket<m.FetchEntries>
  | FetchEntriesResponsePacket<m.FetchEntriesResponse>
  | CheckpointPacket<m.Checkpoint>
  | FetchChunksPacket<m.FetchChunks>
  | FetchChunksResponsePacket<m.FetchChunksResponse>
  | RollCallPacket<m.RollCall>
  | RollCallAnswerPacket<m.RollCallAnswer>
  | ForwardedRequestPacket
  | EvidencePacket;

/** What a client sends a replica. */
export type ClientPacket =
  | { readonly kind: "SendRequest"; readonly signed: m.Signed<SendRequest> }
  | { readonly kind: "UpdateLeader"; readonly signed: m.Signed<SendRequest> }
  | { readonly kind: "ClientHello"; readonly signed: m.Signed<m.ClientHello> }
  | { readonly kind: "FastRead"; readonly signed: m.Signed<m.FastRead> }
  | { readonly kind: "GetCommittedCommand"; readonly signed: m.Signed<m.GetCommittedCommand> }
  | { readonly kind: "GetStatus"; readonly signed: m.Signed<m.GetStatus> }
  | { readonly kind: "SetActive"; readonly signed: m.Signed<m.SetActive> }
  | { readonly kind: "GetCheckpoint"; readonly signed: m.Signed<m.GetCheckpoint> }
  | { readonly kind: "GetChunks"; readonly signed: m.Signed<m.GetChunks> }
  | { readonly kind: "GetEntries"; readonly signed: m.Signed<m.GetEntries> };

/** What a replica sends a client. */
export type ReplyPacket =
  | { readonly kind: "Reply"; readonly signed: m.Signed<m.Reply> }
  | { readonly kind: "QueryReply"; readonly signed: m.Signed<m.QueryReply> };
