/**
 * Packets: a signed message and what travels beside it. Attachments (entries, proofs, certificates) are not covered by
 * the packet's own signature; each proves itself through hashes or signatures inside it.
 *
 * A packet is generic in how its signed part appears: `Signed<M>` on the wire and in the core's inputs, plain `M` in
 * the core's outputs, where the shell signs it after persist.
 */
import type { Certificate, CheckpointProof, ElectionProof } from "./certificate.ts";
import type { Entry, Request } from "./entry.ts";
import type { Evidence } from "./evidence.ts";
import type { ClientMessage, PeerMessage, PreVote, ReplyMessage } from "./message.ts";
import type { Signed } from "./signed.ts";

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
    /** Of the base (§6.4). */
    readonly certificate: Certificate;
    readonly preVotes: readonly Signed<PreVote>[];
  };
  readonly VoteRefusal: {
    /** The voter's highest, which outranks the candidate's base (§6.5). */
    readonly certificate: Certificate;
  };
  readonly FetchEntriesResponse: {
    readonly entries: readonly Entry[];
    /** A commit certificate on the served chain, if the source has one. */
    readonly certificate: Certificate | null;
    /** §8.3: instead of entries the source no longer holds, or too many of them: its stable checkpoint. */
    readonly checkpoint: CheckpointProof | null;
  };
  readonly FetchChunksResponse: {
    /** Some of the chunks asked for, at most `LIMITS.maxFetchChunkBytes` in all unless it is a single one; none where none is held. */
    readonly chunks: readonly Uint8Array[];
  };
}

type PeerKind = PeerMessage["kind"];
type PeerMessageOf<K extends PeerKind> = Extract<PeerMessage, { readonly kind: K }>;
type AttachmentsOf<K extends PeerKind> = K extends keyof Attachments ? Attachments[K] : unknown;

/** A packet of kind `K` that a replica signs for its peers; `S` is how its signed part appears. */
type PeerPacket<K extends PeerKind, S> = { readonly kind: K; readonly signed: S } & AttachmentsOf<K>;

/** A client's request passed on by a replica (§7.3). The client's signature is the only one. */
export interface ForwardedRequestPacket {
  readonly kind: "ForwardedRequest";
  readonly signed: Signed<Request>;
}

/** Evidence, gossiped once (§9.1). It carries the culprit's own signatures and none of the sender. */
export interface EvidencePacket {
  readonly kind: "Evidence";
  readonly evidence: Evidence;
}

/** Anything that replicas send each other, as received. */
export type Packet =
  | { [K in PeerKind]: PeerPacket<K, Signed<PeerMessageOf<K>>> }[PeerKind]
  | ForwardedRequestPacket
  | EvidencePacket;

/** Anything that the core hands out to be signed and sent. */
export type UnsignedPacket =
  | { [K in PeerKind]: PeerPacket<K, PeerMessageOf<K>> }[PeerKind]
  | ForwardedRequestPacket
  | EvidencePacket;

/** The packet of one kind, as received. */
export type PacketOf<K extends Packet["kind"]> = Extract<Packet, { readonly kind: K }>;

/** The packet of one kind, as the core hands it out. */
export type UnsignedPacketOf<K extends UnsignedPacket["kind"]> = Extract<UnsignedPacket, { readonly kind: K }>;

/** A signed message that travels with nothing beside it. */
type Bare<M extends { readonly kind: string }> = M extends unknown
  ? { readonly kind: M["kind"]; readonly signed: Signed<M> }
  : never;

/** Anything that a client sends a replica. */
export type ClientPacket = Bare<ClientMessage> | {
  readonly kind: "UpdateLeader";
  readonly signed: Signed<Request>;
};

/** Anything that a replica sends a client. */
export type ReplyPacket = Bare<ReplyMessage>;
