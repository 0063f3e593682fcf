/** Work that a piece of evidence may make (§9.1). */
import type { Evidence } from "../../protocol/evidence.ts";

/** Returns how many signatures this piece of evidence may cost. */
export const costOf = (evidence: Evidence): number =>
  2 + (evidence.kind === "bad-entry" ? evidence.entries.at(-1)?.requests?.length ?? 0 : 0);
