/** What a mutant is: the core with one planted bug, as small replacements in its source. */

/** One replacement in one file. */
export interface Patch {
  /** Path from the project's root. */
  readonly file: string;
  /** Text that occurs in the file exactly once. */
  readonly find: string;
  readonly replace: string;
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
  /** What a run has to hold for the bug to show. */
  readonly needs?: string;
}

/** Shorthand for a {@linkcode Patch}. */
export const patch = (file: string, find: string, replace: string): Patch => ({ file, find, replace });
