/** The roll call of a replica that lost its disk (§8.4). */
import type { Term } from "../../../protocol/ids.ts";
import type { RollCall } from "../../../protocol/message.ts";
import { type Context, send } from "../context.ts";
import { hasStopped } from "../epochs/stop_sign.ts";
import { noteRollCall } from "../offices/learners.ts";
import { forgetClaim } from "../replication/commit_claims.ts";
import { hasBudget, spend } from "../replication/pace.ts";
import { ACCEPT, ignore, type Verdict } from "../verdict.ts";

/** Tells a replica that lost its disk the terms it may have signed in, as far as this replica can have taken part in them. */
export function onRollCall(context: Context, { replica, nonce }: RollCall): Verdict {
  const { state, now } = context;
  const { hard, config, catchUp } = state;
  if (replica === config.self) return ignore("own-roll-call");
  forgetClaim(context, replica);
  if (hard.recovery !== null) return ignore("recovering-myself");
  if (hasStopped(state, context.ports.changes)) return ignore("epoch-stopped"); // a bar shows that the epoch had not ended (§13.9)
  if (!hasBudget(catchUp.served, replica, now)) return ignore("asked-too-often");
  spend(catchUp.served, replica, 0);
  const term = Math.max(hard.currentTerm, hard.preVoted) as Term;
  noteRollCall(state, replica, now);
  send(context, [replica], {
    kind: "RollCallAnswer",
    signed: { kind: "RollCallAnswer", replica: config.self, asker: replica, nonce, term },
  });
  return ACCEPT;
}
