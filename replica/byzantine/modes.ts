/** The faulty behaviours, by the name `--byzantine` takes. */
import type { Adversary, Victim } from "./adversary.ts";
import { corruptAcks } from "./corrupt_acks.ts";
import { elections } from "./elections.ts";
import { equivocate } from "./equivocate.ts";
import { forgeClient } from "./forge_client.ts";
import { oppositeVotes } from "./opposite_votes.ts";
import { silent } from "./silent.ts";
import { slow } from "./slow.ts";
import { usurp } from "./usurp.ts";
import { withhold } from "./withhold.ts";

const ADVERSARIES = {
  equivocate,
  withhold,
  usurp,
  elections,
  "opposite-votes": oppositeVotes,
  "forge-client": forgeClient,
  "corrupt-acks": corruptAcks,
  silent,
  slow,
} satisfies Record<string, (victim: Victim) => Adversary>;

export type ByzantineMode = keyof typeof ADVERSARIES;

/** The modes that can be asked for. */
export const BYZANTINE_MODES = Object.keys(ADVERSARIES) as readonly ByzantineMode[];

/** Returns the adversary of one replica. */
export const createAdversary = (mode: ByzantineMode, victim: Victim): Adversary => ADVERSARIES[mode](victim);
