/** Packets of peers, from decoded to verified (§2.2–§2.4, §3.2, §9.1). */
import type { Channel } from "../../transport/port.ts";
import { type Admission, dropped, faulty } from "./admission.ts";
import type { Evidence } from "../../protocol/evidence.ts";
import type { Packet, PacketOf } from "../../protocol/packet.ts";
import { freshEntries, screen } from "../core/screen.ts";
import { listEntrySignatures, listSignatures, senderOf } from "../../protocol/signatures.ts";
import type { CoreState } from "../core/state.ts";
import type { SignatureCheck } from "./signature_check.ts";
import type { Verified } from "../../protocol/signed.ts";

/** What may be published. A route tells nothing here, so what has to be answered does not belong on this channel. */
const PUBLISHED: ReadonlySet<Packet["kind"]> = new Set(["AppendEntriesResponse", "PreVote", "Checkpoint", "Evidence"]);

/**
 * Judges a peer's packet. Stale packets and unknown signers cost no work on the curve; the first signature that does not
 * verify ends the work. The packet's own signature comes first, so nobody but a replica can make this one check more.
 */
export function admitPacket(
  state: CoreState,
  check: SignatureCheck,
  channel: Exclude<Channel, "client">,
  received: Packet,
): Admission {
  const { kind } = received;
  if (channel === "published" && !PUBLISHED.has(kind)) return faulty(`channel:${kind}`);
  // The own packets come back inside the replica, after persist; from outside they are replays.
  if (senderOf(received) === state.config.self) return dropped(`own:${kind}`);
  const { verdict, packet } = screen(state, received);
  if (verdict.verdict === "ignore") return dropped(`${verdict.code}:${kind}`);
  if (verdict.verdict === "reject") return faulty(`${verdict.code}:${kind}`);
  const claims = listSignatures(packet);
  if (!claims.every((claim) => check.knows(claim))) return faulty(`unknown-signer:${kind}`);
  if (!claims.every((claim) => check.holds(claim))) return faulty(`signature:${kind}`);
  return admitVerified(state, check, packet);
}

/**
 * A FetchEntriesResponse's entries need no check of client signatures: a certificate proves that honest replicas, which
 * checked them, acked that very chain (§8.1).
 */
function admitVerified(state: CoreState, check: SignatureCheck, packet: Packet): Admission {
  if (packet.kind === "AppendEntries") {
    const position = badEntryOf(state, check, packet);
    if (position >= 0) return { admitted: { kind: "bad-entry", packet, position } };
  }
  if (packet.kind === "Evidence" && !showsBadEntry(check, packet.evidence)) return faulty("good-entry:Evidence");
  return { admitted: { kind: "packet", packet: packet as Verified<Packet> } };
}

/** Place of the first new entry that is malformed or holds a request its client did not sign; −1 if there is none (§3.2). */
function badEntryOf(state: CoreState, check: SignatureCheck, packet: PacketOf<"AppendEntries">): number {
  const claims = listEntrySignatures(packet);
  const bad = freshEntries(state, packet).find((place) =>
    packet.entries[place]!.requests === null || !claims[place]!.every((claim) => check.holds(claim))
  );
  return bad ?? -1;
}

/** §9.1: a header covering an entry accuses only if the last entry shown really is bad. Other kinds show themselves. */
function showsBadEntry(check: SignatureCheck, evidence: Evidence): boolean {
  if (evidence.kind !== "bad-entry") return true;
  const last = evidence.entries.at(-1);
  if (last === undefined) return false;
  return last.requests === null ||
    last.requests.some((signed) =>
      !check.holds({ role: "client", signer: signed.message.client, kind: signed.message.kind, signed })
    );
}
