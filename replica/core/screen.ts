/**
 * Screening of packets before any signature is checked, so that stale, foreign or impossible packets cost nothing, and no sender can make
 * this replica check more signatures than its own packet could matter for.
 */
import type { ElectionProof } from "../../protocol/certificate.ts";
import {
  outranks,
  plausibleCertificate,
  plausibleCheckpointProof,
  plausiblePreVotes,
  plausibleProof,
} from "../../protocol/certify.ts";
import { trustsReplicas } from "../../protocol/config.ts";
import type { Digest, ReplicaId } from "../../protocol/ids.ts";
import type { Checkpoint, Request } from "../../protocol/message.ts";
import type { Packet, PacketOf } from "../../protocol/packet.ts";
import { sameCertified } from "../../protocol/rank.ts";
import { senderOf } from "../../protocol/signatures.ts";
import { standingOf } from "../../protocol/snapshot/session_table.ts";
import { hasEvidence } from "./accuse.ts";
import { awaitedBy } from "./catch_up/catch_up.ts";
import { isAwaitedAnswer } from "./catch_up/recovery.ts";
import { awaitedSource } from "./catch_up/state_transfer.ts";
import { mayBeCheckpoint } from "./checkpoints/checkpoint_index.ts";
import { hasRoomFor, isQueued } from "./clients/request_pool.ts";
import { concernsCandidacy } from "./election/voting.ts";
import { screenEnd } from "./epochs/on_epoch_end.ts";
import { hashAt } from "./log/log.ts";
import { screenHandOver } from "./offices/on_hand_over.ts";
import { isNewlyShown } from "./offices/shown.ts";
import type { CoreState } from "./state.ts";
import { screenStatement } from "./time/on_clock_statement.ts";
import { ACCEPT, ignore, reject, type Verdict } from "./verdict.ts";

/** The verdict before verification, and the packet without attachments that are of no use to this replica. */
export interface Screened {
  readonly verdict: Verdict;
  readonly packet: Packet;
}

export function screen(state: CoreState, packet: Packet): Screened {
  const sender = senderOf(packet);
  if (sender !== null && !state.config.replicas.includes(sender) && !isFormerSource(state, packet, sender)) {
    return { verdict: reject("not-in-roster", null), packet };
  }
  switch (packet.kind) {
    case "AppendEntries":
      return screenAppendEntries(state, packet);
    case "PreVote":
      return { verdict: ACCEPT, packet: { ...packet, proof: usefulProof(state, packet.proof) } };
    default:
      return { verdict: screenOther(state, packet), packet };
  }
}

/** §13.7: who is no member any more may hand out the state that the epoch began with. */
const isFormerSource = ({ config: { former } }: CoreState, { kind }: Packet, sender: ReplicaId): boolean =>
  kind === "FetchChunksResponse" && (former?.includes(sender) ?? false);

function screenOther(state: CoreState, packet: Exclude<Packet, { kind: "AppendEntries" | "PreVote" }>): Verdict {
  const { currentTerm } = state.hard;
  switch (packet.kind) {
    case "RequestVote":
      return screenRequestVote(state, packet);
    case "VoteRefusal":
      return screenRefusal(state, packet);
    case "FetchEntriesResponse":
      return screenFetched(state, packet);
    case "VoteDeferred":
      return concernsCandidacy(state, packet.signed.message) ? ACCEPT : ignore("no-candidacy");
    case "Vote":
      return packet.signed.message.term < currentTerm ? ignore("stale-term") : ACCEPT;
    case "ResendRequest":
      return state.view.role === "leader" ? ACCEPT : ignore("not-leading");
    case "ForwardedRequest":
      return screenForwarded(state, packet.signed.message);
    case "Evidence":
      if (trustsReplicas(state.config.constants)) return reject("evidence-in-crash", null);
      return hasEvidence(state, packet.evidence) ? ignore("known-evidence") : ACCEPT;
    case "Checkpoint":
      return screenCheckpoint(state, packet.signed.message);
    case "FetchChunksResponse":
      return awaitedSource(state, packet.signed.message) ? ACCEPT : ignore("not-asked-for");
    case "RollCallAnswer":
      return isAwaitedAnswer(state, packet.signed.message) ? ACCEPT : ignore("not-asked-for");
    case "HandOver":
      return screenHandOver(state, packet.signed.message);
    case "ClockStatement":
      return screenStatement(state, packet.signed.message);
    case "FetchEpoch":
      return ignore("of-no-epoch");
    case "EpochEnd":
      return screenEnd(state, packet.end);
    case "AppendEntriesResponse":
    case "FetchEntries":
    case "FetchChunks":
    case "RollCall":
      return ACCEPT;
    default:
      return packet satisfies never;
  }
}

/**
 * Hears only the term's leader, or a replica that brings a proof of being it. For an unknown leader the header is enough to ask for its
 * proof; its entries are dropped.
 */
function screenAppendEntries(state: CoreState, received: PacketOf<"AppendEntries">): Screened {
  const { term, leader } = received.signed.message;
  const packet = { ...received, proof: usefulProof(state, received.proof) };
  if (term < state.hard.currentTerm) return { verdict: ignore("stale-term"), packet };
  if (packet.proof !== null) return { verdict: ACCEPT, packet };
  const known = term === state.hard.currentTerm ? state.view.leader : null;
  if (known === null) return { verdict: ACCEPT, packet: { ...packet, entries: [] } };
  return { verdict: known === leader ? ACCEPT : ignore("not-the-leader"), packet };
}

/** Returns the positions of the entries of `packet` that are not on the log yet; the others were checked when they got there. */
export const freshEntries = ({ log }: CoreState, { signed, entries }: PacketOf<"AppendEntries">): number[] =>
  entries.flatMap(({ index }, i) => hashAt(log, index) === signed.message.entryHashes[i] ? [] : [i]);

function screenRequestVote(state: CoreState, { signed, certificate, preVotes }: PacketOf<"RequestVote">): Verdict {
  const { term, base, candidate } = signed.message;
  if (term < state.hard.currentTerm) return ignore("stale-term");
  if (base.term >= term) return reject("base-term-not-below-term", candidate);
  if (!sameCertified(certificate, base) || !plausibleCertificate(state, certificate)) {
    return reject("base-without-certificate", candidate);
  }
  return plausiblePreVotes(state, term, preVotes) ? ACCEPT : reject("no-pre-vote-certificate", candidate);
}

/** A leader takes what it would queue, and nobody else anything (§7.3): no signature is checked for what is settled, queued or over quota. */
function screenForwarded(state: CoreState, message: Request): Verdict {
  if (!state.config.clients.has(message.client)) return reject("unknown-client", null);
  if (state.view.role !== "leader") return ignore("not-the-leader");
  const { standing } = standingOf(state.sessions, message, NO_DIGEST, state.appliedIndex);
  if (standing !== "open") return ignore(standing);
  if (message.kind === "SendRequest" && isQueued(state, message) && !isNewlyShown(state, message)) {
    return ignore("known-request");
  }
  return hasRoomFor(state, message, false) ? ACCEPT : ignore("over-quota");
}

/** Prospects of a client's request: it can be answered at once, held or passed on, or there is no room for it (§7.3c). */
export type Prospect = "answer" | "hold" | "over-quota";

/** Returns what would become of a client's request, before its signature is checked. */
export function prospectOf(state: CoreState, message: Request, intervention: boolean): Prospect {
  const { standing } = standingOf(state.sessions, message, NO_DIGEST, state.appliedIndex);
  if (standing === "settled" || standing === "ahead") return "answer";
  return standing === "lagging" || hasRoomFor(state, message, intervention) ? "hold" : "over-quota";
}

/** Digest in an answer that nobody gets. */
const NO_DIGEST = "" as Digest;

function screenRefusal(state: CoreState, { signed, certificate }: PacketOf<"VoteRefusal">): Verdict {
  const { voter } = signed.message;
  if (!concernsCandidacy(state, signed.message)) return ignore("no-candidacy");
  if (!outranks(certificate, state.prepared)) return ignore("not-higher");
  return plausibleCertificate(state, certificate) ? ACCEPT : reject("bad-certificate", voter);
}

function screenCheckpoint(state: CoreState, { replica, index }: Checkpoint): Verdict {
  if (!mayBeCheckpoint(state, index)) return reject("not-a-checkpoint-index", replica);
  return state.checkpoints.heard.get(replica)?.has(index) ? ignore("known-checkpoint") : ACCEPT;
}

function screenFetched(
  state: CoreState,
  { signed, certificate, checkpoint }: PacketOf<"FetchEntriesResponse">,
): Verdict {
  if (!awaitedBy(state, signed.message)) return ignore("not-asked-for");
  const plausible = (certificate === null || plausibleCertificate(state, certificate)) &&
    (checkpoint === null || plausibleCheckpointProof(state, checkpoint));
  return plausible ? ACCEPT : reject("bad-certificate", signed.message.replica);
}

/** Returns a proof only if it can hold and would reveal a leader that this replica does not know; otherwise null. */
function usefulProof(state: CoreState, proof: ElectionProof | null): ElectionProof | null {
  const term = proof?.votes[0]?.message.term;
  if (proof === null || term === undefined || term < state.hard.currentTerm) return null;
  if (term === state.hard.currentTerm && state.view.leader !== null) return null;
  return plausibleProof(state, proof) ? proof : null;
}
