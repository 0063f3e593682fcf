/** Every faulty behaviour there is. */
import type { Actor } from "./actor.ts";
import { CANDIDATES } from "./candidates/candidates.ts";
import { END_LIARS } from "./epochs/end_liar.ts";
import { MARK_LIARS } from "./epochs/mark_liar.ts";
import { FOLLOWERS } from "./followers/followers.ts";
import { GREEDY } from "./greedy/greedy.ts";
import { BACKDATING_LEADERS } from "./leaders/backdating_leader.ts";
import { BUSY_LEADERS } from "./leaders/busy_leader.ts";
import { HAND_OVER_LIARS } from "./leaders/hand_over_liars.ts";
import { LEADERS } from "./leaders/leaders.ts";
import { SLOW_LEADERS } from "./leaders/slow_leaders.ts";
import { TWO_CHAINS } from "./leaders/two_chains.ts";
import { MODES } from "./modes.ts";
import { ACCUSERS } from "./noise/accusers.ts";
import { MUTATORS } from "./noise/mutator.ts";
import { REPLAYERS } from "./noise/replayer.ts";
import { AMNESIACS } from "./recovery/amnesiac.ts";
import { ROLL_CALLERS } from "./recovery/roll_callers.ts";
import { REPLIERS } from "./repliers/repliers.ts";
import { BRANCH_LENDERS } from "./sources/branch_lender.ts";
import { CHECKPOINTERS } from "./sources/checkpointers.ts";
import { CHUNK_SOURCES } from "./sources/chunk_sources.ts";
import { PROOF_SOURCES } from "./sources/proof_sources.ts";
import { SOURCES } from "./sources/sources.ts";
import { CLOCK_LIARS } from "./time/clock_liars.ts";
import { COLLECTORS } from "./voters/collecting_voters.ts";
import { VOTERS } from "./voters/voters.ts";

/** Behaviours that any plan may draw. */
export const ACTORS: Readonly<Record<string, Actor>> = {
  ...MODES,
  ...LEADERS,
  ...CANDIDATES,
  ...VOTERS,
  ...FOLLOWERS,
  ...TWO_CHAINS,
  ...SOURCES,
  ...CHUNK_SOURCES,
  ...PROOF_SOURCES,
  ...CHECKPOINTERS,
  ...ROLL_CALLERS,
  ...COLLECTORS,
  ...REPLIERS,
  ...REPLAYERS,
  ...ACCUSERS,
  ...AMNESIACS,
  ...MUTATORS,
  ...GREEDY,
};

/** Behaviours that come to nothing except in plans made for them; drawn only if they, or such a plan, are named. */
const STAGED_ACTORS: Readonly<Record<string, Actor>> = {
  ...BACKDATING_LEADERS,
  ...BRANCH_LENDERS,
  ...BUSY_LEADERS,
  ...END_LIARS,
  ...MARK_LIARS,
  ...HAND_OVER_LIARS,
  ...SLOW_LEADERS,
  ...CLOCK_LIARS,
};

/** Every behaviour that a plan can name. */
export const NAMED_ACTORS: Readonly<Record<string, Actor>> = { ...ACTORS, ...STAGED_ACTORS };

/** Behaviours under which the honest must settle even without requests of clients. Each is silent in the end, or never leads for long. */
export const QUIET_ACTORS = [
  ...["silent", "heartbeat-replayer", "prevote-collector", "awkward-prevotes", "refuser", "greedy-stall"],
  ...["old-heartbeats", "fading-leader", "scattering-leader"],
] as const satisfies readonly string[];

/** Behaviours of faulty leaders. */
export const LEADING_ACTORS: readonly string[] = [
  ...["equivocate", "withhold", "forge-client", "many-voices", "greedy-fork"],
  ...Object.keys(LEADERS),
];

/** Behaviours directed at replicas that lost their disk (§8.4). */
export const RECOVERY_ACTORS: readonly string[] = [...Object.keys(ROLL_CALLERS), ...Object.keys(COLLECTORS)];

/** Behaviours directed at what lagging replicas are served (§8.3). */
export const SNAPSHOT_ACTORS: readonly string[] = [...Object.keys(CHUNK_SOURCES), ...Object.keys(PROOF_SOURCES)];
