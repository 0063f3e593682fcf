/** A refused vote at a candidate: advice, never a vote (§6.5). */
import { isCertificate } from "../../../protocol/certify.ts";
import type { PacketOf } from "../../../protocol/packet.ts";
import { compareRank } from "../../../protocol/rank.ts";
import type { Context } from "../context.ts";
import { raiseRank } from "../log/durable.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../verdict.ts";
import { raiseTerm } from "./terms.ts";
import { concernsCandidacy } from "./voting.ts";

/**
 * §6.5: a refusal is advice. The candidate goes on counting and may fetch the entries under the certificate shown. Only one of a higher term
 * ends the candidacy, as any certificate does (§4.3).
 */
export function onVoteRefusal(context: Context, { signed, certificate }: PacketOf<"VoteRefusal">): Verdict {
  const { state, ports } = context;
  const { voter } = signed.message;
  if (!concernsCandidacy(state, signed.message)) return ignore("no-candidacy");
  if (compareRank(certificate, state.prepared) <= 0) return ignore("not-higher");
  if (!isCertificate(state, ports.hash, certificate)) return reject("bad-certificate", voter);
  if (certificate.term > state.hard.currentTerm) raiseTerm(context, certificate.term, null);
  if (raiseRank(context, certificate)) return ACCEPT; // its entries are on the log already
  const { wanted } = state.catchUp;
  if (wanted && compareRank(certificate, wanted.certificate) <= 0) return ignore("not-higher");
  state.catchUp.wanted = { certificate, from: voter };
  return ACCEPT;
}
