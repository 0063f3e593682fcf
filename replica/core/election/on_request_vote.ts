/** RequestVote at a voter (§6.2, §6.5). */
import { isCertificate, plausiblePreVotes } from "../../../protocol/certify.ts";
import type { PacketOf } from "../../../protocol/packet.ts";
import { sameCertified } from "../../../protocol/rank.ts";
import type { Context } from "../context.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../verdict.ts";
import { hearPreVote } from "./election.ts";
import { placeInTerm } from "./suspicion.ts";
import { closedTerm, keepRequest } from "./voting.ts";

/** §6.5: checks a RequestVote, keeps it, and answers it now or later. */
export function onRequestVote(context: Context, packet: PacketOf<"RequestVote">): Verdict {
  const { state, ports } = context;
  const request = packet.signed.message;
  placeInTerm(context, request.candidate, request.term);
  if (request.candidate === state.config.self) return ignore("own-request");
  const closed = closedTerm(context, request);
  if (closed) return closed;
  if (request.base.term >= request.term) return reject("base-term-not-below-term", request.candidate);
  const valid = sameCertified(packet.certificate, request.base) && isCertificate(state, ports.hash, packet.certificate);
  if (!valid) return reject("base-without-certificate", request.candidate);
  if (!plausiblePreVotes(state, request.term, packet.preVotes)) {
    return reject("no-pre-vote-certificate", request.candidate);
  }
  for (const preVote of packet.preVotes) hearPreVote(context, preVote);
  keepRequest(context, packet);
  return ACCEPT;
}
