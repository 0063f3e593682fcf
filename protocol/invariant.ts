/** Invariants of §10. A violated one stops the replica: it serves nothing rather than guess. */

/** The invariants of §10 that one replica can see. */
export type Invariant = "I1" | "I2" | "I3" | "I4" | "I5" | "I6" | "I7" | "I8" | "I9" | "I10" | "I11" | "internal";

/** A violated invariant: a bug in this replica, or more than f Byzantine replicas. The message begins with the invariant's name. */
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
