/** A cache of signatures that verified, so that a replica checks each one once even when it recurs inside proofs (§2.2). */

/** Default number of signatures remembered, about 6 MB. */
export const DEFAULT_VERIFIED_MAXIMUM = 16_384;

/** A bounded set of keys of signatures that verified. Failures are never remembered: an attacker could fill it with them for free. */
export interface VerifiedCache {
  /** Returns whether `key` verified recently. */
  has(key: string): boolean;
  /** Remembers a success, dropping the older generation when the bound is reached. */
  add(key: string): void;
  /** Keys held now, never above the maximum. */
  readonly size: number;
}

/**
 * Returns a cache of two generations of half the maximum each: when the young one is full it becomes the old one, and the previous old one
 * is dropped as a whole. A key that is looked up again moves to the young one, so keys in use stay. No bookkeeping per entry.
 */
export function createVerifiedCache(maximum: number = DEFAULT_VERIFIED_MAXIMUM): VerifiedCache {
  if (!Number.isSafeInteger(maximum) || maximum < 2) {
    throw new RangeError(`verified cache: wanted a maximum of at least 2 signatures, given ${maximum}`);
  }
  const half = Math.floor(maximum / 2);
  let young = new Set<string>();
  let old = new Set<string>();
  const add = (key: string) => {
    if (young.has(key)) return;
    if (young.size >= half) [old, young] = [young, new Set<string>()];
    old.delete(key);
    young.add(key);
  };
  return {
    has(key) {
      if (young.has(key)) return true;
      if (!old.has(key)) return false;
      add(key);
      return true;
    },
    add,
    get size() {
      return young.size + old.size;
    },
  };
}
