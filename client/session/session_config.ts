import { LIMITS } from "../../protocol/limits.ts";
import { assertBackoffPolicy } from "./backoff.ts";
import { assertInterventionPolicy } from "./intervention.ts";
import type { SessionConfig } from "./session_types.ts";

/** Throws `RangeError` on constants that no session can have, naming what was given and what is wanted. */
export function assertSessionConfig(config: SessionConfig): void {
  assertBackoffPolicy(config.retry);
  assertInterventionPolicy(config.intervention);
  if (!Number.isSafeInteger(config.window) || config.window < 2) {
    throw new RangeError(`session was given window ${config.window}; wanted a whole number of at least 2`);
  }
  if (!Number.isSafeInteger(config.maxGroup) || config.maxGroup < 1 || config.maxGroup > LIMITS.maxGroup) {
    throw new RangeError(`session was given maxGroup ${config.maxGroup}; wanted 1 to ${LIMITS.maxGroup}`);
  }
}
