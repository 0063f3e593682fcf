/** Ranks of certified points (§5.5): by term, then by index. */
import type { LogIndex, Term } from "./ids.ts";
import type { Certified } from "./message.ts";

/** Returns a negative number if `a` ranks below `b`, zero if equal, a positive number if above. */
export function compareRank(
  a: { readonly term: Term; readonly index: LogIndex },
  b: { readonly term: Term; readonly index: LogIndex },
): number {
  return a.term - b.term || a.index - b.index;
}

/** Returns whether `a` and `b` are the same certified point. */
export const sameCertified = (a: Certified, b: Certified): boolean => compareRank(a, b) === 0 && a.hash === b.hash;

/** Returns only the point of a certificate. */
export const certified = ({ term, index, hash }: Certified): Certified => ({ term, index, hash });
