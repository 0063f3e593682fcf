/** Evidence from any source (§9.1). */
import { contradicts, type Evidence } from "../../protocol/evidence.ts";
import { accuse, hasEvidence } from "./accuse.ts";
import type { Context } from "./context.ts";
import { ACCEPT, ignore, reject, type Verdict } from "./verdict.ts";

/** Keeps evidence gossiped by a peer if its two messages really contradict each other. */
export function onEvidence(context: Context, evidence: Evidence): Verdict {
  if (!context.state.config.replicas.includes(evidence.culprit)) return reject("not-in-roster", null);
  if (hasEvidence(context.state, evidence)) return ignore("known-evidence");
  if (!contradicts(evidence, context.ports.hash)) return reject("no-contradiction", null);
  accuse(context, evidence);
  return ACCEPT;
}
