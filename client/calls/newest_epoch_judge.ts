/** Judges whether a client knows the newest roster: replicas that are in its own epoch have no end of it to show. */
import type { QuorumSizes } from "../../protocol/quorum.ts";
import { NoQuorumError } from "../errors.ts";
import type { QueryJudge } from "../loop/queries.ts";

/** Returns a judge that waits for the answers of Q replicas. Those of a later epoch never come to it. */
export function newestEpochJudge({ n, quorum }: QuorumSizes): QueryJudge<void> {
  const answered = new Set<string>();
  return {
    take(replica, ok) {
      if (ok) answered.add(replica);
      return answered.size >= quorum ? { value: undefined } : "noted";
    },
    expire(waitedMs) {
      const progress = { replicas: n, answered: answered.size, equal: answered.size, needed: quorum, waitedMs };
      return { error: new NoQuorumError("roster in force", progress, false) };
    },
  };
}
