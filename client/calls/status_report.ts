/** Status of every replica as reported by itself. Nothing here is voted on: a liar's line is its own. */
import type { QueryJudge } from "../loop/queries.ts";
import { type Json, parsePayload, refusalReason } from "./json_payload.ts";

/** One replica's line. */
export type ReplicaStatus =
  | { readonly replica: string; readonly reachable: true; readonly status: Json }
  | { readonly replica: string; readonly reachable: false; readonly reason: string };

/** Reason of a replica that did not answer. */
export const UNREACHABLE = "unreachable";
/** Reason of a replica that said, unsigned, that it does not know this client. */
export const STRANGER = "does not know this client: it runs with another roster";

/** Returns `lines` with the replicas of `turnedAway` told from those that said nothing at all. */
export const withStrangers = (lines: readonly ReplicaStatus[], turnedAway: ReadonlySet<string>): ReplicaStatus[] =>
  lines.map((line) => line.reachable || !turnedAway.has(line.replica) ? line : { ...line, reason: STRANGER });

/** Returns a judge that waits for all of `replicas` and reports silent ones as unreachable, in roster order. */
export function statusJudge(replicas: readonly string[]): QueryJudge<ReplicaStatus[]> {
  const lines = new Map<string, ReplicaStatus>();
  const report = () => ({
    value: replicas.map((replica): ReplicaStatus =>
      lines.get(replica) ?? { replica, reachable: false, reason: UNREACHABLE }
    ),
  });
  return {
    take(replica, ok, payload) {
      const status = ok ? parsePayload(payload) : undefined;
      const reason = ok ? "answered with something that is no JSON" : `refused: ${refusalReason(payload)}`;
      lines.set(
        replica,
        status === undefined ? { replica, reachable: false, reason } : { replica, reachable: true, status },
      );
      return lines.size === replicas.length ? report() : "noted";
    },
    expire: report,
  };
}
