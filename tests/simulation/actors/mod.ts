/** Every faulty behaviour a plan can name. */
import { ACCUSERS } from "./accusers.ts";
import type { Actor } from "./actor.ts";
import { AMNESIACS } from "./amnesiac.ts";
import { CANDIDATES } from "./candidates.ts";
import { FOLLOWERS } from "./followers.ts";
import { GREEDY } from "./greedy.ts";
import { LEADERS } from "./leaders.ts";
import { MODES } from "./modes.ts";
import { MUTATORS } from "./mutator.ts";
import { REPLAYERS } from "./replayer.ts";
import { REPLIERS } from "./repliers.ts";
import { SOURCES } from "./sources.ts";
import { TWO_CHAINS } from "./two_chains.ts";
import { VOTERS } from "./voters.ts";

export const ACTORS: Readonly<Record<string, Actor>> = {
  ...MODES,
  ...LEADERS,
  ...CANDIDATES,
  ...VOTERS,
  ...FOLLOWERS,
  ...TWO_CHAINS,
  ...SOURCES,
  ...REPLIERS,
  ...REPLAYERS,
  ...ACCUSERS,
  ...AMNESIACS,
  ...MUTATORS,
  ...GREEDY,
};

/** Behaviours under which the honest have to settle even while no client urges them. Each is silent in the end, or never leads for long. */
export const QUIET_ACTORS = [
  ...["silent", "heartbeat-replayer", "prevote-hoarder", "awkward-prevotes", "refuser", "greedy-stall"],
  ...["old-heartbeats", "fading-leader", "scattering-leader"],
] as const satisfies readonly string[];

/** Behaviours of whoever leads. */
export const LEADING_ACTORS: readonly string[] = [
  ...["equivocate", "withhold", "forge-client", "many-voices", "greedy-fork"],
  ...Object.keys(LEADERS),
];
