/**
 * Packets: a signed message and its attachments. Attachments (entries, proofs, certificates) are not covered by the packet's own
 * signature; each proves itself through hashes or signatures inside it.
 *
 * A packet is generic in the form of its signed part: `Signed<M>` on the wire and in the core's inputs, plain `M` in the core's outputs,
 * which the shell signs after they are persisted.
 */
import type { Certificate, CheckpointProof, ElectionProof } from "./certificate.ts";
import type { Entry, Request } from "./entry.ts";
import type { EpochEnd } from "./epochs/epoch_end.ts";
import type { Evidence } from "./evidence.ts";
import type { Digest } from "./ids.ts";
import type { ClientMessage, PeerMessage, PreVote, QueryReply, ReadPart, Reply, ReplyPart } from "./message.ts";
import type { Encoded, Signed } from "./signed.ts";

/** Attachments by kind of packet; a kind that is not named here carries none. */
interface Attachments {
  readonly AppendEntries: {
    /** One for each of the header's entryHashes, in order. */
    readonly entries: readonly Entry[];
    /** §6.7; null once the receiver is known to have it. */
    readonly proof: ElectionProof | null;
  };
  readonly PreVote: {
    /** Newest election proof the sender holds for a term at or below its currentTerm (§6.3). */
    readonly proof: ElectionProof | null;
  };
  readonly RequestVote: {
    /** The certificate of the base (§6.4). */
    readonly certificate: Certificate;
    readonly preVotes: readonly Signed<PreVote>[];
  };
  readonly VoteRefusal: {
    /** The voter's highest certificate, which outranks the candidate's base (§6.5). */
    readonly certificate: Certificate;
  };
  readonly FetchEntriesResponse: {
    readonly entries: readonly Entry[];
    /** A commit certificate on the served chain, if the source has one. */
    readonly certificate: Certificate | null;
    /** The source's stable checkpoint, instead of entries it no longer holds or that are too many (§8.3). */
    readonly checkpoint: CheckpointProof | null;
  };
  readonly FetchChunksResponse: {
    /** Some of the chunks asked for, at most `LIMITS.maxFetchChunkBytes` in all unless it is a single one; empty if none is held. */
    readonly chunks: readonly Uint8Array[];
  };
}

type PeerKind = PeerMessage["kind"];
type PeerMessageOf<K extends PeerKind> = Extract<PeerMessage, { readonly kind: K }>;
type AttachmentsOf<K extends PeerKind> = K extends keyof Attachments ? Attachments[K] : unknown;

/** A packet of kind `K` that a replica signs for its peers; `S` is the form of its signed part. */
type PeerPacket<K extends PeerKind, S> = { readonly kind: K; readonly signed: S } & AttachmentsOf<K>;

/** A client's request forwarded by a replica (§7.3). The client's signature is the only one. */
export interface ForwardedRequestPacket {
  readonly kind: "ForwardedRequest";
  readonly signed: Signed<Request>;
}

/** Evidence, gossiped once (§9.1). It carries the culprit's own signatures and none of the sender. */
export interface EvidencePacket {
  readonly kind: "Evidence";
  readonly evidence: Evidence;
}

/** Asks whoever is in a later epoch for the end of this one, in which the sender is (§13.8). It is of no epoch, and signed by nobody. */
export interface FetchEpochPacket {
  readonly kind: "FetchEpoch";
  readonly epoch: number;
}

/** The end of an epoch, shown to whoever is late in it or new behind it (§13.8). It is of no epoch, and proves itself. */
export interface EpochEndPacket {
  readonly kind: "EpochEnd";
  readonly end: EpochEnd;
  /** The text of the roster file of the epoch that ended, for who lacks it: at most `LIMITS.maxRosterBytes` of UTF-8. */
  readonly roster: Uint8Array | null;
}

/** A packet that replicas send each other, as received. */
export type Packet =
  | { [K in PeerKind]: PeerPacket<K, Signed<PeerMessageOf<K>>> }[PeerKind]
  | ForwardedRequestPacket
  | EvidencePacket
  | FetchEpochPacket
  | EpochEndPacket;

/** A packet that the core outputs to be signed and sent. */
export type UnsignedPacket =
  | { [K in PeerKind]: PeerPacket<K, PeerMessageOf<K>> }[PeerKind]
  | ForwardedRequestPacket
  | EvidencePacket;

/** The packet of one kind, as received. */
export type PacketOf<K extends Packet["kind"]> = Extract<Packet, { readonly kind: K }>;

/** The packet of one kind, as the core outputs it. */
export type UnsignedPacketOf<K extends UnsignedPacket["kind"]> = Extract<UnsignedPacket, { readonly kind: K }>;

/** A signed message without attachments. */
type Bare<M extends { readonly kind: string }> = M extends unknown
  ? { readonly kind: M["kind"]; readonly signed: Signed<M> }
  : never;

/** A packet that a client sends to a replica. */
export type ClientPacket = Bare<ClientMessage> | {
  readonly kind: "UpdateLeader";
  readonly signed: Signed<Request>;
};

/** §7.2h: a signed reply, and the part of it that is the receiver's. */
interface PacketOfPart<K extends string, P> {
  readonly kind: K;
  readonly signed: Signed<Reply>;
  /** Place of the part among the leaves of the reply's tree, from 0. */
  readonly index: number;
  /** The digests beside the way from that leaf up to the root; at most `LIMITS.maxReplyPath`. */
  readonly path: readonly Digest[];
  readonly part: Encoded<P>;
}

/** Answers to requests. */
export type PartPacket = PacketOfPart<"Reply", ReplyPart>;
/** Answers to fast reads (§7.4). */
export type ReadPacket = PacketOfPart<"ReadReply", ReadPart>;

/** A packet that a replica sends to a client. */
export type ReplyPacket = PartPacket | ReadPacket | Bare<QueryReply>;
