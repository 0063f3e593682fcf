/** The signatures a packet depends on, listed for the shell to verify in bulk. */
import type { Certificate, CheckpointProof, ElectionProof } from "./certificate.ts";
import type { Entry } from "./entry.ts";
import type { EpochEnd } from "./epochs/epoch_end.ts";
import type { Evidence } from "./evidence.ts";
import type { ClientId, ReplicaId } from "./ids.ts";
import type { Message, MessageKind, Request } from "./message.ts";
import type { Packet } from "./packet.ts";
import type { Signed } from "./signed.ts";

/** One signature to check: over `signed.body` as a message of `kind`, by the key of `signer` (§2.3). */
export interface SignatureClaim {
  readonly role: "replica" | "client";
  readonly signer: ReplicaId | ClientId;
  readonly kind: MessageKind;
  readonly signed: Signed<Message>;
}

/** Returns the replica a packet claims to come from, the signer of its body; null if the packet is not signed by its sender. */
export function senderOf(packet: Packet): ReplicaId | null {
  switch (packet.kind) {
    case "AppendEntries":
    case "HandOver":
      return packet.signed.message.leader;
    case "RequestVote":
      return packet.signed.message.candidate;
    case "Vote":
    case "VoteRefusal":
    case "VoteDeferred":
      return packet.signed.message.voter;
    case "AppendEntriesResponse":
    case "ResendRequest":
    case "PreVote":
    case "FetchEntries":
    case "FetchEntriesResponse":
    case "Checkpoint":
    case "FetchChunks":
    case "FetchChunksResponse":
    case "RollCall":
    case "RollCallAnswer":
    case "ClockStatement":
      return packet.signed.message.replica;
    case "ForwardedRequest":
    case "Evidence":
    case "FetchEpoch":
    case "EpochEnd":
      return null;
    default:
      return packet satisfies never;
  }
}

/** Returns every signature `packet` rests on, except those in its entries ({@linkcode listEntrySignatures}). */
export function listSignatures(packet: Packet): SignatureClaim[] {
  switch (packet.kind) {
    case "ForwardedRequest":
      return [{
        role: "client",
        signer: packet.signed.message.client,
        kind: packet.signed.message.kind,
        signed: packet.signed,
      }];
    case "Evidence":
      return ofEvidence(packet.evidence);
    case "FetchEpoch":
      return [];
    case "EpochEnd":
      return ofEpochEnd(packet.end);
    case "AppendEntries":
    case "PreVote":
      return [own(packet), ...(packet.proof ? ofProof(packet.proof) : [])];
    case "RequestVote":
      return [
        own(packet),
        ...ofCertificate(packet.certificate),
        ...packet.preVotes.map((p) => replica(p.message.replica, p)),
      ];
    case "VoteRefusal":
      return [own(packet), ...ofCertificate(packet.certificate)];
    case "FetchEntriesResponse":
      return [
        own(packet),
        ...(packet.certificate ? ofCertificate(packet.certificate) : []),
        ...(packet.checkpoint ? ofCheckpointProof(packet.checkpoint) : []),
      ];
    default:
      return [own(packet)];
  }
}

/** Returns the signatures in the entries of an AppendEntries or FetchEntriesResponse, by position of the entry. */
export function listEntrySignatures(packet: Packet): SignatureClaim[][] {
  if (packet.kind !== "AppendEntries" && packet.kind !== "FetchEntriesResponse") return [];
  return packet.entries.map(ofEntry);
}

/** Returns the signatures in an entry: the clients' of its requests, or the replicas' of what they state (§15.1); none of a malformed one. */
export const ofEntry = ({ requests, statements }: Entry): SignatureClaim[] => [
  ...(requests ?? []).map(ofRequest),
  ...(statements ?? []).map((signed) => replica(signed.message.replica, signed)),
];

/** Returns the client's signature of a request in an entry. */
export const ofRequest = (signed: Signed<Request>): SignatureClaim => ({
  role: "client",
  signer: signed.message.client,
  kind: signed.message.kind,
  signed,
});

type SignedPacket = Exclude<Packet, { readonly kind: "ForwardedRequest" | "Evidence" | "FetchEpoch" | "EpochEnd" }>;

const own = (packet: SignedPacket): SignatureClaim => replica(senderOf(packet)!, packet.signed);

const replica = (signer: ReplicaId, signed: Signed<Message>): SignatureClaim => ({
  role: "replica",
  signer,
  kind: signed.message.kind,
  signed,
});

/** Returns the signatures of a certificate. */
export const ofCertificate = (certificate: Certificate): SignatureClaim[] =>
  certificate.responses.map((r) => replica(r.message.replica, r));

/** Returns the signatures of a checkpoint proof; also checked by whoever holds the proof offline. */
export const ofCheckpointProof = ({ stable, commit }: CheckpointProof): SignatureClaim[] => [
  ...stable.checkpoints.map((c) => replica(c.message.replica, c)),
  ...ofCertificate(commit),
];

/** Returns the signatures of an end, all of them by replicas of its epoch (§13.4): they are good under the roster of that one alone. */
export const ofEpochEnd = ({ proof }: EpochEnd): SignatureClaim[] => ofCheckpointProof(proof);

const ofProof = (proof: ElectionProof): SignatureClaim[] => [
  ...ofCertificate(proof.base),
  ...proof.votes.map((v) => replica(v.message.voter, v)),
];

/** Returns the culprit's signatures that evidence rests on; also checked by whoever holds it offline. */
export function ofEvidence(evidence: Evidence): SignatureClaim[] {
  if (evidence.kind === "bad-entry") return [replica(evidence.culprit, evidence.header)];
  return [replica(evidence.culprit, evidence.first), replica(evidence.culprit, evidence.second)];
}
