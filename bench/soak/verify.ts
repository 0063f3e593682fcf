/** Verifies at the end of a soak that all replicas hold one state, and that it contains everything that was acknowledged. */
import type { Client } from "../../client/mod.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../tasks/support/local_cluster.ts";
import type { Observer } from "../../tasks/support/observer.ts";
import type { SteadyLoad } from "../support/steady_load.ts";

const LEVEL_MS = 60_000;
const MOST_NAMED = 10;

export interface Verification {
  readonly appliedIndex: number;
  /** Digest of each replica's state and sessions at that index. */
  readonly digests: Readonly<Record<string, string>>;
  readonly equal: boolean;
  readonly acknowledged: number;
  /** Writes of unknown outcome. */
  readonly unknown: number;
  readonly keysRead: number;
  readonly keysWrong: number;
  /** The first of the wrong keys. */
  readonly wrong: readonly string[];
}

/** Compares the states of a cluster at rest, and reads every key that `load` wrote. */
export async function verify(
  cluster: LocalCluster,
  observer: Observer,
  load: SteadyLoad,
  reader: Client,
): Promise<Verification> {
  const { keys, wrong } = await load.check(reader);
  const { appliedIndex, digests } = await equalIndexes(cluster, observer);
  return {
    ...{ appliedIndex, digests },
    equal: new Set(Object.values(digests)).size === 1,
    ...{ acknowledged: load.acknowledged, unknown: load.unknown },
    ...{ keysRead: keys, keysWrong: wrong.length, wrong: wrong.slice(0, MOST_NAMED) },
  };
}

/** Waits until all replicas have applied the same entries and show the digest of the state after them. */
export const equalIndexes = (cluster: LocalCluster, observer: Observer) =>
  eventually("all replicas show the digest of one index", async () => {
    const statuses = await observer.statuses(cluster.ids);
    const [first] = statuses;
    if (first === undefined || statuses.length < cluster.ids.length) return null;
    const { appliedIndex } = first;
    const same = statuses.every((status) =>
      status.appliedIndex === appliedIndex && status.commitIndex === appliedIndex &&
      status.state.appliedIndex === appliedIndex
    );
    if (!same) return null;
    const digests = Object.fromEntries(statuses.map(({ replica, state }) => [replica, state.digest]));
    return { appliedIndex, digests };
  }, LEVEL_MS);
