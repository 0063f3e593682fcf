/** Activate and Deactivate as a query to one replica, for tests and drills. */
import { NoQuorumError, RefusedError } from "../errors.ts";
import { refusalReason } from "./json_payload.ts";
import type { QueryJudge } from "../loop/queries.ts";

/** Returns a judge that waits for the one replica to confirm; it decides false if the replica stays silent. */
export function setActiveJudge(): QueryJudge<boolean> {
  return {
    take(replica, ok, payload) {
      if (ok) return { value: true };
      return { error: new RefusedError("replica-refused", `${replica} refused: ${refusalReason(payload)}`) };
    },
    expire: () => ({ value: false }),
  };
}

/** Returns the error for a replica that stayed silent. */
export const silentReplica = (replica: string, waitedMs: number): NoQuorumError =>
  new NoQuorumError(
    `operator command to ${replica}`,
    { replicas: 1, answered: 0, equal: 0, needed: 1, waitedMs },
    true,
  );
