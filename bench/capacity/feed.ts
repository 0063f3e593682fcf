/** Feeds recorded traffic to a replica that is alone with it, and measures what that costs the replica. */
import type { Client } from "../../client/mod.ts";
import type { ReplicaReport } from "../../replica/status/status.ts";
import { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { type ProcSample, sampleProc } from "../support/proc_sample.ts";
import { copyDirectory } from "./copy_directory.ts";
import { Peers } from "./peers.ts";
import type { CapacityPlan } from "./plan.ts";
import { PROCESSES, type Recorded } from "./record_traffic.ts";
import { commandsBetween, type Traffic } from "./traffic.ts";

const STATUS_MS = 10_000;
/** Part of the entries after which the measurement begins. */
const WARM_UP_PART = 0.3;

export interface Capacity {
  readonly commands: number;
  readonly entries: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly commandsPerSecond: number;
  readonly commandsPerCoreSecond: number;
  /** Signatures made and checked, and transactions, a command. */
  readonly signed: number;
  readonly verified: number;
  readonly transactions: number;
}

interface Sample {
  readonly status: Pick<ReplicaReport, "commitIndex" | "crypto" | "storage">;
  readonly proc: ProcSample;
}

/** Starts the recorded follower anew in `dir`, as it was before the recording, and feeds it all of `traffic`. */
export async function feed(
  { replicas, window, verifyThreads }: CapacityPlan,
  recorded: Recorded,
  traffic: Traffic,
  dir: string,
): Promise<Capacity> {
  const { follower } = recorded;
  await copyDirectory(recorded.before, dir);
  await using cluster = await LocalCluster.open({ dir, replicas, clients: PROCESSES, basePort: 1 });
  const { pid } = await cluster.start(follower, "--verify-threads", String(verifyThreads));
  await using peers = await Peers.open(cluster.roster, dir, follower);
  // The clients of the load listen: for those that do not, nothing is signed.
  const clients = Array.from({ length: PROCESSES }, (_, i) => cluster.client(`c${i + 1}`, [follower]));
  const [client] = await Promise.all(clients);
  await peers.connect(traffic.feeds);
  const sample = () => sampleOf(client!, pid);
  const indexes = traffic.feeds.map(({ index }) => index).filter((index) => index > 0);
  const [first, last] = [Math.min(...indexes), Math.max(...indexes)];
  let before: Sample | null = null;
  for (const each of traffic.feeds) {
    if (each.index > 0) await peers.committed(each.index - window);
    if (peers.commitIndex >= first + WARM_UP_PART * (last - first)) before ??= await sample();
    peers.send(each);
  }
  // The last entries may not have been committed when the recording ended.
  await peers.committed(last - window);
  return capacityBetween(traffic, before!, await sample());
}

async function sampleOf(client: Client, pid: number): Promise<Sample> {
  const [line] = await client.getStatus({ timeoutMs: STATUS_MS });
  if (!line?.reachable) throw new Error(`the replica did not tell its status within ${STATUS_MS} ms`);
  return { status: line.status as unknown as ReplicaReport, proc: await sampleProc({ replica: pid }) };
}

function capacityBetween(traffic: Traffic, before: Sample, after: Sample): Capacity {
  const commands = commandsBetween(traffic, before.status.commitIndex, after.status.commitIndex);
  const seconds = (after.proc.at - before.proc.at) / 1000;
  const cpuSeconds = after.proc.cpuSeconds["replica"]! - before.proc.cpuSeconds["replica"]!;
  const each = (of: (status: Sample["status"]) => number) => (of(after.status) - of(before.status)) / commands;
  return {
    ...{ commands, entries: after.status.commitIndex - before.status.commitIndex, seconds, cpuSeconds },
    commandsPerSecond: commands / seconds,
    commandsPerCoreSecond: commands / cpuSeconds,
    signed: each(({ crypto }) => crypto.signed),
    verified: each(({ crypto }) => crypto.verified),
    transactions: each(({ storage }) => storage.commits),
  };
}
