/** The faulty behaviours there are, by the name `--byzantine` takes. */
import type { CoreConfig } from "../core/config.ts";
import type { Hash } from "../core/ports.ts";
import type { Corrupt } from "./corrupt.ts";
import { equivocate } from "./equivocate.ts";

/** What an adversary is told of the replica it rides on. */
export interface Victim {
  readonly config: CoreConfig;
  readonly hash: Hash;
}

const ADVERSARIES = { equivocate } satisfies Record<string, (victim: Victim) => Corrupt>;

export type ByzantineMode = keyof typeof ADVERSARIES;

/** Modes that can be asked for. */
export const BYZANTINE_MODES = Object.keys(ADVERSARIES) as readonly ByzantineMode[];

/** Names reserved for modes that are not there yet. */
export const PLANNED_MODES: readonly string[] = [
  "withhold",
  "usurp",
  "elections",
  "opposite-votes",
  "forge-client",
  "corrupt-acks",
  "silent",
];

/** The adversary of one replica. */
export const createAdversary = (mode: ByzantineMode, victim: Victim): Corrupt => ADVERSARIES[mode](victim);
