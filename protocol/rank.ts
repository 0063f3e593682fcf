/** Ranks of certified points (§5.5): by term, then by index. */
import type { LogIndex, Term } from "./ids.ts";
import type { Certified } from "./message.ts";

/** Negative when `a` ranks below `b`, zero when equal, positive when above. */
export function compareRank(
  a: { readonly term: Term; readonly index: LogIndex },
  b: { readonly term: Term; readonly index: LogIndex },
): number {
  return a.term - b.term || a.index - b.index;
}

/** Whether `a` and `b` are the same certified point. */
export const sameCertified = (a: Certified, b: Certified): boolean => compareRank(a, b) === 0 && a.hash === b.hash;

/** Only the point of a certificate. */
export const certified = ({ term, index, hash }: Certified): Certified => ({ term, index, hash });
