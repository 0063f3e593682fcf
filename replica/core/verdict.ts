/** Verdicts on inputs: late ones are ignored, faulty ones are rejected and counted; neither throws. */
import type { ReplicaId } from "../../protocol/ids.ts";

export type Verdict =
  | { readonly verdict: "accept" }
  /** Late, duplicate or not relevant now; no one is to blame. */
  | { readonly verdict: "ignore"; readonly code: string }
  /** Cannot come from an honest sender in this form; `culprit` signed it (null if no signature shows who). */
  | { readonly verdict: "reject"; readonly code: string; readonly culprit: ReplicaId | null };

export const ACCEPT: Verdict = { verdict: "accept" };
export const ignore = (code: string): Verdict => ({ verdict: "ignore", code });
export const reject = (code: string, culprit: ReplicaId | null): Verdict => ({ verdict: "reject", code, culprit });
