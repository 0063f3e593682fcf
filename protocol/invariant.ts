/** Invariants of §10. One that does not hold stops the replica: it rather serves nothing than guesses. */

/** The invariants of §10 that one replica can see. */
export type Invariant = "I1" | "I2" | "I3" | "I4" | "I5" | "I6" | "I7" | "I8" | "I9" | "I10" | "internal";

/** An invariant does not hold: a bug here, or more than f Byzantine replicas. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
  constructor(readonly invariant: Invariant, message: string) {
    super(`${invariant}: ${message}`);
  }
}

/** Throws {@linkcode InvariantError} unless `holds`. */
export function assertInvariant(holds: boolean, invariant: Invariant, message: string): asserts holds {
  if (!holds) throw new InvariantError(invariant, message);
}
