/** An entry with a request that its client did not sign (§3.2). */
import type { Context } from "./context.ts";
import type { BadEntryInput } from "./input.ts";
import { onEvidence } from "./on_evidence.ts";
import { reject, type Verdict } from "./verdict.ts";

/** §3.2: an entry with one bad request is evidence against the leader that signed its hash, and is not appended. */
export function onBadEntry(context: Context, { packet, position }: BadEntryInput): Verdict {
  const { leader } = packet.signed.message;
  const entries = packet.entries.slice(0, position + 1);
  const evidence = { kind: "bad-entry", culprit: leader, header: packet.signed, entries } as const;
  const verdict = onEvidence(context, evidence);
  return verdict.verdict === "accept" ? reject("bad-entry", leader) : verdict;
}
