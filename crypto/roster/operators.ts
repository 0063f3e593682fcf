/** The operators of a cluster: who may sign its next roster, and how many of them have to (§2.1). */
import type { Roster } from "./roster_types.ts";

/** Operators by their signing keys, as a roster lists them. */
export interface Operators {
  /** The first is the roster's `operatorKey`. */
  readonly keys: readonly string[];
  /** Signatures of different ones that are needed. */
  readonly threshold: number;
}

/** Returns the operators that a roster lists. */
export const operatorsOf = (
  { operatorKey, operators = [], operatorThreshold = 1 }: Pick<
    Roster,
    "operatorKey" | "operators" | "operatorThreshold"
  >,
): Operators => ({ keys: [operatorKey, ...operators], threshold: operatorThreshold });

/** Returns those who have to sign, in words. */
export const neededText = ({ keys, threshold }: Operators): string =>
  keys.length === 1 ? "the operator" : `${threshold} of the ${keys.length} operators`;

/** The signing keys of those whose signatures verify. */
export type Signers = Pick<ReadonlySet<string>, "has">;

/** Returns how many of the operators signed, each counted once. */
export const countSigners = ({ keys }: Operators, signers: Signers): number =>
  keys.filter((key) => signers.has(key)).length;

/** Returns whether enough of the operators signed. */
export const haveSigned = (operators: Operators, signers: Signers): boolean =>
  countSigners(operators, signers) >= operators.threshold;
