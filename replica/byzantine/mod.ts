/** Faulty behaviour around an honest core, for tests and drills (`--byzantine`). */
export { BYZANTINE_MODES, type ByzantineMode, createAdversary } from "./modes.ts";
export type { Adversary, Victim } from "./adversary.ts";
