/** Checkers of simulated runs: fed by outputs alone, they throw the moment something does not hold. */
export { type CheckCounts, type CheckerOptions, type Checkers, createCheckers } from "./create_checkers.ts";
export { History } from "./history/history.ts";
