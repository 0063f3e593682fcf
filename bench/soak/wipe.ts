/** Has a replica lose its disk in the middle of a soak, and recover (§8.3, §8.4). */
import { presentLeader } from "../../tasks/support/change_leader.ts";
import type { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { endRecovery, hasState, loseDisk } from "../../tasks/support/lost_disk.ts";
import type { Observer } from "../../tasks/support/observer.ts";
import { loggedEvent } from "../../tasks/support/process_events.ts";
import type { Timeline } from "./timeline.ts";

const STATE_MS = 300_000;
export const REPLICA_FLAGS = ["--log-level", "info"] as const;

/** Times of a recovery, in seconds since the load began. */
export interface Comeback {
  readonly replica: string;
  readonly lostAt: number;
  readonly startedAt: number;
  /** Time at which all state was fetched and installed. */
  readonly transferredAt: number;
  /** Time at which it had applied what the others had committed at `transferredAt`. */
  readonly levelAt: number;
  /** Time at which it was a full member, after the change of leaders. */
  readonly memberAt: number;
  /** The transfer as reported by the replica itself. */
  readonly transfer: { readonly index: number; readonly chunks: number; readonly bytes: number; readonly ms: number };
}

/** Kills a follower, deletes its data, and waits until it is a full member again. */
export async function wipeAndRecover(cluster: LocalCluster, observer: Observer, timeline: Timeline): Promise<Comeback> {
  const leader = presentLeader(await observer.statuses(cluster.ids))?.leader;
  const replica = cluster.ids.findLast((id) => id !== leader)!;
  await loseDisk(cluster, replica);
  const lostAt = timeline.seconds;
  timeline.mark(`${replica} killed, its directory deleted`);
  const process = await cluster.start(replica, "--recover", ...REPLICA_FLAGS);
  const startedAt = timeline.seconds;
  timeline.mark(`${replica} started with --recover`);
  const { index, chunks, bytes, ms } = await loggedEvent(process, "state-transferred", STATE_MS);
  const transferredAt = timeline.seconds;
  timeline.mark(`${replica} has fetched the state of index ${index}: ${bytes} bytes in ${ms} ms`);
  const others = await observer.statuses(cluster.ids.filter((id) => id !== replica));
  await hasState(observer, replica, Math.max(...others.map(({ commitIndex }) => commitIndex)), STATE_MS);
  const levelAt = timeline.seconds;
  timeline.mark(`${replica} is level with the others, and a learner`);
  const term = await endRecovery(cluster, observer, replica, REPLICA_FLAGS);
  timeline.mark(`the leader was restarted; ${replica} is a full member in term ${term}`);
  const transfer = { index: Number(index), chunks: Number(chunks), bytes: Number(bytes), ms: Number(ms) };
  return { replica, lostAt, startedAt, transferredAt, levelAt, memberAt: timeline.seconds, transfer };
}
