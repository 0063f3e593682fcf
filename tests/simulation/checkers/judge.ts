/** The demands of a checker: it throws the moment something does not hold. */
import { ViolationError } from "../observer.ts";

/** Throws a ViolationError naming `invariant` unless `holds`. */
export function demand(holds: boolean, invariant: string, detail: () => string): asserts holds {
  if (!holds) throw new ViolationError(invariant, detail());
}

/** Demands of single clauses (`§…`), which show a fault before an invariant breaks; they can be left out. */
export class Judge {
  constructor(private readonly clauses: boolean) {}

  /** Throws a ViolationError naming the clause unless `holds`, or clauses are not judged. */
  clause(holds: boolean, clause: `§${string}`, detail: () => string): void {
    if (!holds && this.clauses) throw new ViolationError(clause, detail());
  }
}
