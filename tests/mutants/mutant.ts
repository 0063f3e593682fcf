/** What a mutant is: the core with one planted bug, as small replacements in its source. */

/** One replacement in one definition of the shipped sources, wherever that stands. Nobody checks the types of what comes out. */
export interface Patch {
  /** Its name, that of a method with its class: `mayAck`, `Replier.answer`; `tip:truncate` where other places define that name too. */
  readonly definition: string;
  /** Text that occurs in the definition exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Definitions that the replacement uses, wherever they stand; what their file does not import yet, it does then. */
  readonly uses: readonly string[];
}

export interface Mutant {
  /** Unique, in kebab-case. */
  readonly name: string;
  /** Whether the bug breaks what must never happen, or only what must happen in the end. */
  readonly kind: "safety" | "liveness";
  /** The clause of the protocol that it breaks. */
  readonly clause: `§${string}`;
  /** The bug in one line. */
  readonly what: string;
  /** A schedule that shows it. */
  readonly how: string;
  /** Applied in order; each finds its text in what the ones before it left. */
  readonly patches: readonly Patch[];
  /** Replicas it takes to show; any number from 4 on where absent. */
  readonly replicas?: number;
  /** Plans that it is searched in (`tests/simulation/scenarios/`); those drawn for any purpose where absent. */
  readonly scenario?: string;
  /** What a run has to hold for the bug to show. */
  readonly needs?: string;
}

/** Shorthand for a {@linkcode Patch}. */
export const patch = (definition: string, find: string, replace: string, uses: readonly string[] = []): Patch => ({
  definition,
  find,
  replace,
  uses,
});
