/** Mutants: the core with one planted bug, as small replacements in its source. */

/** One replacement in one definition of the shipped sources, wherever that is. The types of the result are not checked. */
export interface Patch {
  /** Its name, that of a method with its class: `mayAck`, `Replier.answer`; `tip:truncate` if other places define that name too. */
  readonly definition: string;
  /** Text that occurs in the definition exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Definitions that the replacement uses, wherever they are; imports that its file lacks are added. */
  readonly uses: readonly string[];
}

export interface Mutant {
  /** Unique, in kebab-case. */
  readonly name: string;
  /** `safety` if the bug breaks what must never happen, `liveness` if only what must happen in the end. */
  readonly kind: "safety" | "liveness";
  /** The clause of the protocol that it breaks. */
  readonly clause: `§${string}`;
  /** The bug in one line. */
  readonly what: string;
  /** A schedule that shows it. */
  readonly how: string;
  /** Applied in order; each finds its text in the result of those before it. */
  readonly patches: readonly Patch[];
  /** Number of replicas it takes to show; any number from 4 on if absent. */
  readonly replicas?: number;
  /** Plans in which it is searched for (`tests/simulation/scenarios/`); those drawn for any purpose if absent. */
  readonly scenario?: string;
  /** The profile it is searched for in; `byzantine` if absent. */
  readonly profile?: "crash";
  /** True if it is searched for in plans in which rosters change. */
  readonly changes?: true;
  /** A test that fails with it, where a search does not find it: a file, and how the test's name begins. */
  readonly test?: { readonly file: string; readonly named: string };
  /** Conditions a run must meet for the bug to show. */
  readonly needs?: string;
}

/** Shorthand for a {@linkcode Patch}. */
export const patch = (definition: string, find: string, replace: string, uses: readonly string[] = []): Patch => ({
  definition,
  find,
  replace,
  uses,
});
