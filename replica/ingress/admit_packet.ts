/** Packets of peers, from decoded to verified (§2.2–§2.4, §3.2, §9.1). */
import { sha256Hex } from "../../crypto/digest.ts";
import { MAX_POSTED } from "../../crypto/signing/threads/claims_board.ts";
import { isCertificate, isCheckpointProof } from "../../protocol/certify.ts";
import { trustsReplicas } from "../../protocol/config.ts";
import { asksForChange } from "../../protocol/epochs/epoch_end.ts";
import { contradicts } from "../../protocol/evidence.ts";
import { areCovered } from "../../protocol/hash_chain.ts";
import type { Request } from "../../protocol/message.ts";
import type { Packet, PacketOf } from "../../protocol/packet.ts";
import {
  listEntrySignatures,
  listSignatures,
  ofEntry,
  senderOf,
  type SignatureClaim,
} from "../../protocol/signatures.ts";
import type { Signed, Verified } from "../../protocol/signed.ts";
import type { Channel } from "../../transport/port.ts";
import { freshEntries, screen } from "../core/screen.ts";
import type { CoreState } from "../core/state.ts";
import { type Admission, dropped, faulty } from "./admission.ts";
import type { SignatureCheck } from "./signature_check.ts";

/** The kinds that may be published. A route means nothing on this channel, so packets that need an answer do not belong on it. */
const PUBLISHED: ReadonlySet<Packet["kind"]> = new Set([
  ...["AppendEntriesResponse", "PreVote", "Checkpoint", "HandOver", "Evidence"] as const,
]);

/** A packet under judgement. It stops before each signature, so that a packet of many takes several turns. */
export type Judging = Generator<void, Admission, void>;

/** Judges a peer's packet to the end: {@linkcode judgePacket}. */
export function admitPacket(
  state: CoreState,
  check: SignatureCheck,
  channel: Exclude<Channel, "client">,
  received: Packet,
  speaker: string | null = null,
): Admission {
  const judging = judgePacket(state, check, channel, received, speaker);
  for (let step = judging.next();; step = judging.next()) if (step.done) return step.value;
}

/**
 * Judges a peer's packet. Stale packets and unknown signers cost no work on the curve; the first signature that does not verify ends the work. The
 * packet's own signature comes first, then hashes, which are cheaper than signatures, and only then what is signed inside: so nobody but a replica
 * can make this one check more, and none with what it was not given. `speaker` is the roster id that the connection proved; where nothing is signed,
 * it decides who speaks (§1.4).
 */
export function* judgePacket(
  state: CoreState,
  check: SignatureCheck,
  channel: Exclude<Channel, "client">,
  received: Packet,
  speaker: string | null,
): Judging {
  const { kind } = received;
  if (channel === "published" && !PUBLISHED.has(kind)) return faulty(`channel:${kind}`);
  // This replica's own packets come back inside it, after persist; from outside they are replays.
  if (senderOf(received) === state.config.self) return dropped(`own:${kind}`);
  const { verdict, packet } = screen(state, received);
  if (verdict.verdict === "ignore") return dropped(`${verdict.code}:${kind}`);
  if (verdict.verdict === "reject") return faulty(`${verdict.code}:${kind}`);
  if (packet.kind === "FetchEpoch") return admitted(packet); // nobody signs it, and it costs an answer within a rate
  if (trustsReplicas(state.config.constants)) return judgeSpoken(state, check, packet, speaker);
  const claims = listSignatures(packet);
  if (!claims.every((claim) => check.knows(claim))) return faulty(`unknown-signer:${kind}`);
  if (packet.kind === "Evidence") return yield* judgeEvidence(check, packet, claims);
  const [own, ...inside] = claims;
  if (!(yield* allHold(check, [own!]))) return faulty(`signature:${kind}`);
  if (!hashesHold(state, packet)) return faulty(`hashes:${kind}`);
  if (!(yield* allHold(check, inside))) return faulty(`signature:${kind}`);
  return packet.kind === "AppendEntries" ? yield* judgeEntries(state, check, packet) : admitted(packet);
}

/**
 * §1.4: where nothing is signed, the replica at the other end has to be the one that the body names; what it passes on for others is believed. Neither
 * a signature nor evidence, which would be made of signatures, has a place there.
 */
function judgeSpoken(state: CoreState, check: SignatureCheck, packet: Packet, speaker: string | null): Admission {
  const { kind } = packet;
  if (packet.kind === "Evidence") return faulty(`profile:${kind}`);
  // An end may come from any replica that is let in: of the epoch before, or of the roster it was started with.
  const isPeer = speaker !== null && (kind === "EpochEnd" || state.config.replicas.some((id) => id === speaker));
  if (!isPeer || (senderOf(packet) ?? speaker) !== speaker) return faulty(`speaker:${kind}`);
  const [own] = listSignatures(packet);
  if (!check.knows(own!)) return faulty(`unknown-signer:${kind}`);
  if (!check.holds(own!)) return faulty(`signature:${kind}`);
  const malformed = packet.kind === "AppendEntries" && packet.entries.some(({ requests }) => requests === null);
  return malformed ? faulty(`bad-entry:${kind}`) : admitted(packet);
}

const admitted = (packet: Packet): Admission => ({ admitted: { kind: "packet", packet: packet as Verified<Packet> } });

function* allHold(check: SignatureCheck, claims: readonly SignatureClaim[]): Generator<void, boolean, void> {
  for (const [place, claim] of claims.entries()) {
    yield;
    if (place % MAX_POSTED === 0) check.ahead?.(claims.slice(place, place + MAX_POSTED));
    if (!check.holds(claim)) return false;
  }
  return true;
}

/** Returns whether entries are those that the signed header names, and the links of certificates join what they must. */
function hashesHold(state: CoreState, packet: Packet): boolean {
  switch (packet.kind) {
    case "AppendEntries":
      return areItsEntries(packet) && (packet.proof === null || isCertificate(state, sha256Hex, packet.proof.base));
    case "PreVote":
      return packet.proof === null || isCertificate(state, sha256Hex, packet.proof.base);
    case "RequestVote":
    case "VoteRefusal":
      return isCertificate(state, sha256Hex, packet.certificate);
    case "FetchEntriesResponse":
      return (packet.certificate === null || isCertificate(state, sha256Hex, packet.certificate)) &&
        (packet.checkpoint === null || isCheckpointProof(state, sha256Hex, packet.checkpoint));
    default:
      return true;
  }
}

/** None are looked at where screening left them out. */
const areItsEntries = ({ signed: { message }, entries }: PacketOf<"AppendEntries">): boolean =>
  entries.length === 0 ||
  (entries.length === message.entryHashes.length && areCovered(sha256Hex, message, entries));

/**
 * §3.2: client signatures of entries that are new. A FetchEntriesResponse's need no check: a certificate proves that honest replicas,
 * which checked them, acked that very chain (§8.1).
 */
function* judgeEntries(state: CoreState, check: SignatureCheck, packet: PacketOf<"AppendEntries">): Judging {
  const position = yield* badEntryOf(state, check, packet);
  if (position < 0) return admitted(packet);
  // One piece of evidence is enough; whoever brings more of it is held off like any other that sends what no honest replica does.
  const culprit = packet.signed.message.leader;
  const known = state.evidence.some((held) => held.kind === "bad-entry" && held.culprit === culprit);
  return known ? faulty("bad-entry:AppendEntries") : { admitted: { kind: "bad-entry", packet, position } };
}

/** Place of the first new entry that is malformed or holds what its client, or replica, did not sign; −1 if there is none (§3.2). */
function* badEntryOf(
  state: CoreState,
  check: SignatureCheck,
  packet: PacketOf<"AppendEntries">,
): Generator<void, number, void> {
  const claims = listEntrySignatures(packet);
  for (const place of freshEntries(state, packet)) {
    const { requests } = packet.entries[place]!;
    if (requests === null || !(yield* allHold(check, claims[place]!))) return place;
    yield* judgeChange(check, requests);
  }
  return -1;
}

/** §13.2: has a change judged here, where what costs signatures waits for its turn; the core finds the verdict remembered. */
function* judgeChange(check: SignatureCheck, [request, ...others]: readonly Signed<Request>[]): Generator<void> {
  if (request?.message.kind !== "SendRequest" || !asksForChange(request) || others.length > 0) return;
  yield;
  check.judge?.(request.message.command);
}

/**
 * §9.1: anyone can send evidence, which carries no signature of its sender; so it must contradict itself, hashes and all, before any
 * signature in it is checked.
 */
function* judgeEvidence(
  check: SignatureCheck,
  packet: PacketOf<"Evidence">,
  claims: readonly SignatureClaim[],
): Judging {
  const { evidence } = packet;
  if (!contradicts(evidence, sha256Hex)) return faulty("no-contradiction:Evidence");
  if (!(yield* allHold(check, claims))) return faulty("signature:Evidence");
  if (evidence.kind !== "bad-entry") return admitted(packet);
  const last = evidence.entries.at(-1)!;
  const good = last.requests !== null && (yield* allHold(check, ofEntry(last)));
  return good ? faulty("good-entry:Evidence") : admitted(packet);
}
