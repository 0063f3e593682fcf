/** Records what reaches a follower of a cluster under load. */
import { PORTS_PER_REPLICA } from "../../crypto/roster/generate_cluster.ts";
import { findFreePorts } from "../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { Observer } from "../../tasks/support/observer.ts";
import { sleep } from "../cluster/shown.ts";
import { LoadGroup } from "../load/load_group.ts";
import { windowFor } from "../load/spread.ts";
import { copyDirectory } from "./copy_directory.ts";
import type { CapacityPlan } from "./plan.ts";

/** Client processes of the load, each with one key; the client after them observes. */
export const PROCESSES = 2;

const STATUS_MS = 10_000;

export interface Recorded {
  readonly follower: string;
  /** Path of its recording. */
  readonly path: string;
  /** Directory of keys and data as they were when the recording began: its votes are in there, and it would not begin anew without. */
  readonly before: string;
}

/** Runs a new cluster in `dir` under load, and returns a follower's recording. */
export async function recordTraffic(plan: CapacityPlan, dir: string): Promise<Recorded> {
  const { replicas, clients, outstanding, size, seconds } = plan;
  const load = { clients: [clients], outstanding, processes: PROCESSES, keys: 1 };
  await using cluster = await LocalCluster.open({
    ...{
      dir: `${dir}/cluster`,
      replicas,
      clients: PROCESSES + 1,
      basePort: findFreePorts(replicas * PORTS_PER_REPLICA),
    },
    constants: { sessionWindow: windowFor(load) },
  });
  await cluster.startAll();
  const follower = await followerOf(cluster);
  await cluster.process(follower).end();
  const [path, before] = [`${dir}/recording.jsonl`, `${dir}/before`];
  await copyDirectory(cluster.dir, before);
  await cluster.start(follower, "--record", path);
  await using group = await LoadGroup.open(Array.from({ length: PROCESSES }, (_, i) => {
    return ["--cluster", `${cluster.dir}/cluster.json`, "--key-files", `${cluster.dir}/c${i + 1}.key`, "--group", "1"];
  }));
  await group.start(clients * outstanding, size);
  await sleep(seconds);
  await group.stop();
  return { follower, path, before };
}

/** Returns a replica that does not lead, once there is a leader. */
async function followerOf(cluster: LocalCluster): Promise<string> {
  const observer = await Observer.of(cluster, `c${PROCESSES + 1}`);
  const writer = await cluster.client(`c${PROCESSES + 1}`);
  await writer.put("bench", "begin");
  const leader = (await observer.status(cluster.ids[0]!, STATUS_MS))?.leader;
  return cluster.ids.findLast((id) => id !== leader)!;
}
