/** A follower's complaint to its leader (§5.2). */
import type { Head } from "../../../protocol/entry.ts";
import type { ResendRequest } from "../../../protocol/message.ts";
import type { Context } from "../context.ts";
import { contains } from "../log/log.ts";
import { ACCEPT, ignore, type Verdict } from "../verdict.ts";
import { hasBudget } from "./pace.ts";
import { resend } from "./replication.ts";

/** §5.2: a follower could not append. The leader resends from the highest point both share. */
export function onResendRequest(context: Context, request: ResendRequest): Verdict {
  const { state } = context;
  const progress = state.leadership?.progress.get(request.replica);
  const sameTerm = request.term === state.hard.currentTerm || request.proofWanted;
  if (!state.leadership || !progress || !sameTerm) return ignore("not-leading");
  if (request.round > state.leadership.round) return ignore("unknown-round");
  const commit: Head = { index: request.commitIndex, hash: request.commitHash };
  const shared = [request.match, commit].find((head) => contains(state.log, head));
  if (!shared) return ignore("no-common-point");
  // A follower that took the last resend asks for what comes next; any other complaint about an earlier round is already answered.
  const tookResend = shared.index === progress.next - 1;
  if (request.round <= progress.resentRound && !tookResend) return ignore("already-resent");
  if (!hasBudget(state.leadership.resends, request.replica, context.now)) return ignore("asked-too-often");
  resend(context, state.leadership, request.replica, shared.index, request.proofWanted);
  return ACCEPT;
}
