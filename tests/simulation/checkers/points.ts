/** Compares points on chains, and names them in a violation. */
import type { Head } from "../../../protocol/entry.ts";
import type { Certified } from "../../../protocol/message.ts";

/** Returns whether `a` ranks below `b` (§5.5): by term, then by index. */
export const ranksBelow = (
  a: Pick<Certified, "term" | "index">,
  b: Pick<Certified, "term" | "index">,
): boolean => a.term < b.term || (a.term === b.term && a.index < b.index);

/** Returns whether `a` and `b` are one certified point. */
export const samePoint = (a: Certified, b: Certified): boolean =>
  a.term === b.term && a.index === b.index && a.hash === b.hash;

/** `index:hash`, the hash shortened. */
export const headText = ({ index, hash }: Head): string => `${index}:${hash.slice(0, 8)}`;
/** `(term, index:hash)`. */
export const pointText = (point: Certified): string => `(${point.term}, ${headText(point)})`;
