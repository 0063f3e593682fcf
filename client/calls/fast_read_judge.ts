/** Fast reads as a query: Q equal answers, or null for "read through the log" (§7.4). */
import type { Profile } from "../../protocol/quorum.ts";
import type { QueryJudge } from "../loop/queries.ts";
import { countFastRead, createFastReadTally } from "../session/fast_read_tally.ts";

/** Returns a judge whose decision is the payload that Q replicas gave alike, or null. */
export function fastReadJudge(replicas: ReadonlySet<string>, profile: Profile): QueryJudge<Uint8Array | null> {
  const tally = createFastReadTally(replicas, profile);
  return {
    take(replica, ok, payload) {
      const state = countFastRead(tally, replica, { ok, payload });
      if (state.state === "accepted") return { value: state.payload };
      return state.state === "hopeless" ? { value: null } : "noted";
    },
    expire: () => ({ value: null }),
  };
}
