/** Checkers of simulated runs: they see only outputs, and throw the moment something does not hold. */
export { type CheckCounts, type CheckerOptions, type Checkers, createCheckers } from "./create_checkers.ts";
export { History } from "./history/history.ts";
