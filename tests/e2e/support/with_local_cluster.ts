/** A real cluster of processes in a fresh directory, removed after the test whatever happens. */
import { PORTS_PER_REPLICA } from "../../../crypto/roster/generate_cluster.ts";
import type { ProtocolConstants } from "../../../protocol/config.ts";
import { findFreePorts } from "../../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import type { TransportEngine } from "../../../transport/mod.ts";

export interface LocalClusterOptions {
  readonly replicas?: number;
  readonly clients?: number;
  readonly constants?: Partial<ProtocolConstants>;
  readonly engine?: TransportEngine;
  readonly libzmq?: readonly string[];
  readonly insecurePlaintext?: boolean;
}

/** Ids that talk through libzmq in every cluster that does not say otherwise: the whole suite on a mixed one (`docs/testing.md`). */
const MIXED = (Deno.env.get("BFT_RAFT_TEST_LIBZMQ") ?? "").split(",").filter((id) => id !== "");

/** Runs `body` with a cluster of which no replica runs yet; on failure the replicas' last lines are printed. */
export async function withLocalCluster(
  options: LocalClusterOptions,
  body: (cluster: LocalCluster) => Promise<void>,
): Promise<void> {
  const { replicas = 4, clients = 3, constants = { electionTimeoutMs: 500, patienceMs: 1000 }, ...network } = options;
  const dir = await Deno.makeTempDir();
  try {
    const basePort = findFreePorts(replicas * PORTS_PER_REPLICA);
    await using cluster = await LocalCluster.open({
      dir,
      replicas,
      clients,
      basePort,
      constants,
      libzmq: MIXED,
      ...network,
    });
    try {
      await body(cluster);
    } catch (error) {
      for (const id of cluster.ids) printLog(cluster, id);
      throw error;
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function printLog(cluster: LocalCluster, id: string): void {
  try {
    console.error([`--- ${id}`, ...cluster.process(id).stderr.lines.slice(-20)].join("\n"));
  } catch {
    // Never started: it has no output.
  }
}
