/** Clients of a fake cluster whose roster changes while they run. */
import type { Client, ClientOptions } from "../../client/mod.ts";
import type { KeyFile } from "../../crypto/keys/key_file.ts";
import type { SignedRoster } from "../../crypto/roster/parse_roster.ts";
import { replicaId } from "../../protocol/ids.ts";
import type { FakeCluster, FakeClusterOptions } from "./fake_cluster.ts";
import { type Changes, successorOf } from "./fake_epochs.ts";
import { lineOf, newFakeKey } from "./fake_roster.ts";
import { type Connect, withFakeCluster } from "./with_fake_cluster.ts";

/** A fake cluster whose clients follow it, and changes to make. */
export interface EpochsLab {
  readonly cluster: FakeCluster;
  readonly connect: Connect;
  /** Returns the roster that follows the newest, signed. */
  next(changes?: Changes): SignedRoster;
  /** Has `client` change the roster, and returns the new one. */
  change(client: Client, changes?: Changes): Promise<SignedRoster>;
  /** Makes keys of replicas and starts them; returns the lines of a roster of these replicas. */
  replicas(...ids: string[]): SignedRoster["roster"]["replicas"];
}

const TIMINGS = { timeoutMs: 8000, queryRetryMs: 30, statusMs: 2000, helloIdleMs: 20, helloBusyMs: 20 };

/** Runs `body` with a cluster whose clients begin with the roster of its first epoch. */
export const withEpochs = (options: FakeClusterOptions, body: (lab: EpochsLab) => Promise<void>): Promise<void> =>
  withFakeCluster(options, async (cluster, connectPlainly) => {
    const { epochs, keys } = cluster;
    const connect: Connect = (key, changes = {}) => {
      const own: Partial<ClientOptions> = { roster: epochs.rosters[0]!, timings: TIMINGS, ...changes };
      return connectPlainly(key, own);
    };
    const next = (changes: Changes = {}) => successorOf(epochs.newest, changes, keys.get("operator")!);
    await body({
      cluster,
      connect,
      next,
      async change(client, changes) {
        const wanted = next(changes);
        await client.reconfigure(wanted);
        return wanted;
      },
      replicas: (...ids) => ids.map((id, i) => lineOf(known(cluster, id), i)),
    });
  });

/** Starts a replica that is new. */
function known(cluster: FakeCluster, id: string): KeyFile {
  const key = cluster.keys.get(id);
  if (key !== undefined) return key;
  const made = newFakeKey(cluster.keys, "replica", replicaId(id));
  cluster.keys.set(id, made);
  cluster.attach(id);
  return made;
}
