/** Plans for events that hardly ever come about by chance; drawn only if one of them is named, so that they change no other seed. */
import { branchAtASnapshot } from "./branch_at_a_snapshot.ts";
import { busyLeaders } from "./busy_leaders.ts";
import { clockLeaders, clockLiars, clockRotation, clockStops, leases } from "./clocks.ts";
import { diskLostTwice } from "./disk_lost_twice.ts";
import { forgottenTerm } from "./forgotten_term.ts";
import { handOvers, lostHandOvers, rotation } from "./hand_overs.ts";
import { falseLearners, officeLiars, passingLeaders } from "./office_liars.ts";
import { oldTerms } from "./old_terms.ts";
import type { Scenario } from "./scenario.ts";
import {
  censors,
  floorLeaders,
  framers,
  framingCrowds,
  longLinks,
  partialShowers,
  slowLeaders,
  unevenClocks,
} from "./slow_leaders.ts";
import { starved } from "./starved.ts";

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "branch-at-a-snapshot": branchAtASnapshot,
  "busy-leaders": busyLeaders,
  "clock-leaders": clockLeaders,
  "clock-liars": clockLiars,
  "clock-rotation": clockRotation,
  "clock-stops": clockStops,
  "disk-lost-twice": diskLostTwice,
  "forgotten-term": forgottenTerm,
  "hand-overs": handOvers,
  leases,
  "lost-hand-overs": lostHandOvers,
  "false-learners": falseLearners,
  "office-liars": officeLiars,
  "old-terms": oldTerms,
  "passing-leaders": passingLeaders,
  rotation,
  starved,
  "slow-leaders": slowLeaders,
  censors,
  "partial-showers": partialShowers,
  "uneven-clocks": unevenClocks,
  "floor-leaders": floorLeaders,
  "long-links": longLinks,
  framers,
  "framing-crowds": framingCrowds,
};
