/** State of the clock by which a replica judges its leader (§14.9). */
import type { Millis } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";

export interface JudgedClock {
  /** Time left out so far. */
  starvedMs: Millis;
  /** Time that may still be left out, as of `at`. */
  credit: Millis;
  at: Millis;
}

/** Returns a clock that has left out nothing, with its whole credit. */
export const createClock = (electionTimeoutMs: Millis, now: Millis): JudgedClock => ({
  starvedMs: 0,
  credit: LIMITS.starvedTimeouts * electionTimeoutMs,
  at: now,
});
