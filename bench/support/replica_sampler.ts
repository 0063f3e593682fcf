/** Samples the resources and progress of each replica of a cluster. */
import type { LocalCluster } from "../../tasks/support/local_cluster.ts";
import type { Observer } from "../../tasks/support/observer.ts";
import { residentMiB } from "./resources.ts";

export interface ReplicaSample {
  readonly replica: string;
  /** Resident memory of the process as the kernel reports it; null while it does not run. */
  readonly residentMiB: number | null;
  /** Bytes of its data directory's files: the database, and the write-ahead log beside it. */
  readonly databaseBytes: number;
  readonly walBytes: number;
  /** Null if it does not answer. */
  readonly status: ReplicaProgress | null;
}

/** Progress of a replica. */
export interface ReplicaProgress {
  readonly leader: string | null;
  readonly term: number;
  readonly lastIndex: number;
  readonly commitIndex: number;
  readonly checkpointIndex: number;
  readonly logBase: number;
  readonly learner: boolean;
  readonly transferredBytes: number | null;
}

/** Samples all replicas of `cluster` at once. */
export const sampleReplicas = (cluster: LocalCluster, observer: Observer): Promise<ReplicaSample[]> =>
  Promise.all(cluster.ids.map(async (id) => {
    const [progress, residentMiB] = await Promise.all([progressOf(observer, id), memoryOf(cluster, id)]);
    return { replica: id, residentMiB, ...await diskOf(cluster.dataDir(id)), status: progress };
  }));

async function progressOf(observer: Observer, id: string): Promise<ReplicaProgress | null> {
  const status = await observer.status(id, 2000);
  if (status === null) return null;
  const { leader, term, lastIndex, commitIndex, checkpoint, logBase, recovery, stateTransfer } = status;
  return {
    ...{ leader, term, lastIndex, commitIndex, logBase },
    checkpointIndex: checkpoint?.index ?? 0,
    learner: recovery !== null,
    transferredBytes: stateTransfer?.bytesReceived ?? null,
  };
}

async function memoryOf(cluster: LocalCluster, id: string): Promise<number | null> {
  if (!cluster.running.includes(id)) return null;
  const found = await residentMiB(cluster.process(id).pid);
  return Number.isFinite(found) ? found : null;
}

async function diskOf(dir: string): Promise<{ readonly databaseBytes: number; readonly walBytes: number }> {
  let [databaseBytes, walBytes] = [0, 0];
  try {
    for await (const { name, isFile } of Deno.readDir(dir)) {
      const { size } = isFile ? await Deno.stat(`${dir}/${name}`) : { size: 0 };
      if (name.endsWith("-wal")) walBytes += size;
      else databaseBytes += size;
    }
  } catch (error) {
    // A replica that has just lost its directory, or a file that was renamed meanwhile.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return { databaseBytes, walBytes };
}
