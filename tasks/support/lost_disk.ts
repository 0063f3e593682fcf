/** A replica that loses its disk and comes back without it (§8.4). */
import type { ReplicaReport } from "../../replica/status/status.ts";
import { restartLeader } from "./change_leader.ts";
import { eventually } from "./eventually.ts";
import type { LocalCluster } from "./local_cluster.ts";
import type { Observer } from "./observer.ts";

/** Bound on changes of leader: one is enough for a learner that knows its bar, unless the new leader fails before it commits anything. */
const MOST_CHANGES = 3;
/** Time a learner may take to notice a new term's commit, in milliseconds. */
const NOTICE_MS = 10_000;

/** Kills a replica and deletes everything on its disk. */
export async function loseDisk(cluster: LocalCluster, id: string): Promise<void> {
  await cluster.process(id).kill();
  await Deno.remove(cluster.dataDir(id), { recursive: true });
}

/** Waits until `id` has applied everything up to `index`, with nothing left to fetch, and returns its status then. */
export function hasState(observer: Observer, id: string, index: number, timeoutMs: number): Promise<ReplicaReport> {
  return eventually(`${id} has the state of index ${index}`, async () => {
    const status = await observer.status(id);
    return status !== null && status.stateTransfer === null && status.appliedIndex >= index ? status : null;
  }, timeoutMs);
}

/** Waits until `id` is no learner, or is one that knows the term it has to be past. */
export const knowsItsBar = (observer: Observer, id: string, timeoutMs: number): Promise<ReplicaReport> =>
  eventually(`${id} knows its bar`, async () => {
    const status = await observer.status(id);
    return status !== null && status.recovery?.bar !== null ? status : null;
  }, timeoutMs);

/**
 * Changes the leader, its process restarted with `flags`, until the learner `id` is a full member; returns the term in which it became one.
 */
export async function endRecovery(
  cluster: LocalCluster,
  observer: Observer,
  id: string,
  flags: readonly string[],
): Promise<number> {
  await knowsItsBar(observer, id, NOTICE_MS);
  for (let change = 0; change < MOST_CHANGES; change++) {
    await restartLeader(cluster, observer, flags);
    const member = await eventually(`${id} is a full member`, async () => {
      const status = await observer.status(id);
      return status !== null && status.recovery === null ? status : null;
    }, NOTICE_MS).catch(() => null);
    if (member !== null) return member.term;
  }
  throw new Error(`${id} is a learner still: ${JSON.stringify((await observer.status(id))?.recovery)}`);
}
