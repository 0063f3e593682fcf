/** Activate and Deactivate as a query to one replica, for tests and drills. */
import { NoQuorumError, RefusedError } from "../errors.ts";
import type { QueryJudge } from "../loop/queries.ts";
import { isRecord, parsePayload, refusalReason } from "./json_payload.ts";

/** The fate of one command. */
export type Obedience =
  | { readonly obeyed: true }
  /** The replica obeyed a command of this order before: the next one has to be above it. */
  | { readonly obeyed: false; readonly order: number }
  /** It said nothing in time. */
  | null;

/** Returns a judge that waits for the one replica asked to say what it made of a command of order `order`. */
export function setActiveJudge(order: number): QueryJudge<Obedience> {
  return {
    take(replica, ok, payload) {
      if (ok) return { value: { obeyed: true } };
      const last = obeyedBefore(payload);
      if (last !== null && last >= order) return { value: { obeyed: false, order: last } };
      return { error: new RefusedError("replica-refused", `${replica} refused: ${refusalReason(payload)}`) };
    },
    expire: () => ({ value: null }),
  };
}

/** Returns the order of the last command the replica obeyed, as far as another one may follow it. */
function obeyedBefore(payload: Uint8Array): number | null {
  const value = parsePayload(payload);
  const order = isRecord(value) ? value["obeyed"] : undefined;
  return typeof order === "number" && Number.isSafeInteger(order + 1) ? order : null;
}

/** Returns the error for a replica that stayed silent. */
export const silentReplica = (replica: string, waitedMs: number): NoQuorumError =>
  new NoQuorumError(
    `operator command to ${replica}`,
    { replicas: 1, answered: 0, equal: 0, needed: 1, waitedMs },
    true,
  );
