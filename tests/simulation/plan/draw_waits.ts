/** Says in which runs the state machine waits for log time (§15): by the seed, so that whatever is drawn stays the same. */
import type { Plan } from "./plan.ts";

/** One seed in this many, those with real signatures among them. */
const WAITS_EVERY = 5;

/** Has the state machine of some runs wait for log time, all the time. */
export const withWaits = (plan: Plan): Plan => plan.seed % WAITS_EVERY === 0 ? { ...plan, waits: true } : plan;
