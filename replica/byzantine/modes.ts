/** The faulty behaviours there are, by the name `--byzantine` takes. */
import type { Adversary, Victim } from "./adversary.ts";
import { equivocate } from "./equivocate.ts";
import { withhold } from "./withhold.ts";

const ADVERSARIES = { equivocate, withhold } satisfies Record<string, (victim: Victim) => Adversary>;

export type ByzantineMode = keyof typeof ADVERSARIES;

/** Modes that can be asked for. */
export const BYZANTINE_MODES = Object.keys(ADVERSARIES) as readonly ByzantineMode[];

/** Names reserved for modes that are not there yet. */
export const PLANNED_MODES: readonly string[] = [
  "usurp",
  "elections",
  "opposite-votes",
  "forge-client",
  "corrupt-acks",
  "silent",
];

/** The adversary of one replica. */
export const createAdversary = (mode: ByzantineMode, victim: Victim): Adversary => ADVERSARIES[mode](victim);
