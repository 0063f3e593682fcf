/** Verdicts on inputs: lateness is ignored, faults are rejected and counted; neither throws (style: IGNORE is not REJECT). */
import type { ReplicaId } from "../../protocol/ids.ts";

export type Verdict =
  | { readonly verdict: "accept" }
  /** Late, duplicate or not for now; no one is to blame. */
  | { readonly verdict: "ignore"; readonly code: string }
  /** Cannot come from an honest sender in this form; `culprit` signed it (null where no signature shows who). */
  | { readonly verdict: "reject"; readonly code: string; readonly culprit: ReplicaId | null };

export const ACCEPT: Verdict = { verdict: "accept" };
export const ignore = (code: string): Verdict => ({ verdict: "ignore", code });
export const reject = (code: string, culprit: ReplicaId | null): Verdict => ({ verdict: "reject", code, culprit });
