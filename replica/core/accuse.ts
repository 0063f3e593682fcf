/** Evidence (§9): only signed contradictions accuse. */
import { trustsReplicas } from "../../protocol/config.ts";
import type { Evidence } from "../../protocol/evidence.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { type Context, note, send } from "./context.ts";
import type { CoreState } from "./state.ts";

/** Keeps and gossips `evidence` once (§9.1), where messages are signed. An accused leader is suspected from now on. */
export function accuse(context: Context, evidence: Evidence): void {
  const { state, out } = context;
  if (trustsReplicas(state.config.constants)) return; // nothing is signed, so nothing proves anything (§1.4)
  if (hasEvidence(state, evidence) || state.evidence.length >= LIMITS.maxEvidence) return;
  state.evidence.push(evidence);
  out.persist.push({ op: "evidence", evidence });
  send(context, "all", { kind: "Evidence", evidence });
  note(context, "warn", "evidence", { kind: evidence.kind, culprit: evidence.culprit });
}

/** Returns whether evidence of this kind against this culprit is held; one piece for each is enough. */
export const hasEvidence = (state: CoreState, { kind, culprit }: Evidence): boolean =>
  state.evidence.some((known) => known.kind === kind && known.culprit === culprit);
