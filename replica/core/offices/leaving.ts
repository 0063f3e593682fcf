/** The end of a replica that is about to leave (§14.5). */
import type { Millis } from "../../../protocol/ids.ts";
import type { CoreState } from "../state.ts";

/**
 * Returns whether a replica that is told to leave may stop now. One that led stays until it knows the next leader, has passed on its queue and stayed
 * two heartbeats, an election timeout at most.
 */
export function mayStop({ offices, config, view }: CoreState, now: Millis): boolean {
  const { leaving, known } = offices;
  const { heartbeatMs, electionTimeoutMs } = config.constants;
  if (leaving === null) return false;
  if (!leaving.led || config.replicas.length === 1 || now >= leaving.since + electionTimeoutMs) return true;
  const next = known.at(-1);
  return next !== undefined && view.leader === next.leader && next.leader !== config.self &&
    now >= next.since + 2 * heartbeatMs;
}
