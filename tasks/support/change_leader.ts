/** Makes a cluster change its leader, as an operator would. */
import type { Client } from "../../client/mod.ts";
import type { ReplicaReport } from "../../replica/status/status.ts";
import { eventually } from "./eventually.ts";
import type { LocalCluster } from "./local_cluster.ts";
import type { Observer } from "./observer.ts";

const PATIENCE_MS = 60_000;

export interface Led {
  readonly leader: string;
  readonly term: number;
}

/** Returns the leader of the highest term that any of `statuses` names. */
export function presentLeader(statuses: readonly ReplicaReport[]): Led | null {
  const named = statuses.flatMap(({ leader, term }) => leader === null ? [] : [{ leader, term }]);
  return named.sort((a, b) => b.term - a.term)[0] ?? null;
}

/** Waits for a leader named by a running replica. Throws if there is none for a minute. */
export const waitForAnyLeader = (cluster: LocalCluster, observer: Observer): Promise<Led> =>
  eventually("a leader", async () => presentLeader(await observer.statuses(cluster.running)), PATIENCE_MS);

/**
 * Deactivates the leader until it has a successor, which the others must be enough to elect, and returns the successor. Throws if there is
 * none for a minute. Either way the old leader is activated again.
 */
export async function deposeLeader(cluster: LocalCluster, observer: Observer, operator: Client): Promise<Led> {
  const before = await waitForAnyLeader(cluster, observer);
  await operator.setActive(before.leader, false, { timeoutMs: PATIENCE_MS });
  try {
    return await successor(cluster, observer, before);
  } finally {
    await operator.setActive(before.leader, true, { timeoutMs: PATIENCE_MS });
  }
}

/**
 * Restarts the leader's process with `flags`. It does not lead its term again (§5.1), so an election follows, in which it takes part:
 * unlike an absence, this needs no more votes than there are. Returns the next leader, perhaps the same one in a higher term.
 */
export async function restartLeader(cluster: LocalCluster, observer: Observer, flags: readonly string[]): Promise<Led> {
  const before = await waitForAnyLeader(cluster, observer);
  await cluster.process(before.leader).end();
  await cluster.start(before.leader, ...flags);
  return await successor(cluster, observer, before);
}

const successor = (cluster: LocalCluster, observer: Observer, before: Led): Promise<Led> =>
  eventually(`a leader after ${before.leader} of term ${before.term}`, async () => {
    const led = presentLeader(await observer.statuses(cluster.running));
    return led !== null && led.term > before.term ? led : null;
  }, PATIENCE_MS);
