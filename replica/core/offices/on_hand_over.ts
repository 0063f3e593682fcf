/** HandOver at a replica: the licence to suspect its leader, and the successor's turn (§14.3). */
import type { ReplicaId } from "../../../protocol/ids.ts";
import type { Certified, HandOver } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { type Context, note } from "../context.ts";
import { tickPreVote, tickSuspicion } from "../election/suspicion.ts";
import type { CoreState } from "../state.ts";
import { ACCEPT, ignore, type Verdict } from "../verdict.ts";

/** §14.3h: only the first HandOver of the leader that is proved here in the current term counts. */
export function screenHandOver({ hard, view }: CoreState, { term, leader }: HandOver): Verdict {
  if (term !== hard.currentTerm) return ignore("other-term");
  if (view.leader !== leader) return ignore("not-the-leader");
  return view.handOver === null ? ACCEPT : ignore("known-hand-over");
}

/** Suspects the leader by its own word, at once (§14.3b). */
export function onHandOver(context: Context, { message }: Signed<HandOver>): Verdict {
  const { state } = context;
  const screened = screenHandOver(state, message);
  if (screened.verdict !== "accept") return screened;
  state.view.handOver = message;
  const { term, leader, successor, index } = message;
  note(context, "info", "hand-over", { term, leader, successor, index });
  tickSuspicion(context);
  tickPreVote(context);
  return ACCEPT;
}

/**
 * Returns the successor from whom the turns of `candidate` with this base are counted (§14.3d to §14.3f), or null if they are counted as without a
 * HandOver.
 */
export function firstInTurn(
  { view: { handOver }, config, offices, quorumSizes }: CoreState,
  candidate: ReplicaId,
  base: Pick<Certified, "term" | "index">,
): ReplicaId | null {
  if (handOver === null || !config.replicas.includes(handOver.successor)) return null;
  const { successor, term, index } = handOver;
  const last = offices.known.slice(Math.max(0, offices.known.length - quorumSizes.f));
  if (successor === handOver.leader || last.some(({ leader }) => leader === successor)) return null;
  const holdsTip = base.term > term || (base.term === term && base.index >= index);
  return candidate === successor && !holdsTip ? null : successor;
}
