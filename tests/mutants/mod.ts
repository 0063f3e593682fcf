/** Mutants: cores with one planted bug each, which the simulation must find. */
export { findMutant, listMutants } from "./catalogue/mod.ts";
export { applyMutant, type MutantCopy } from "./apply_mutant.ts";
export type { Mutant, Patch } from "./mutant.ts";
