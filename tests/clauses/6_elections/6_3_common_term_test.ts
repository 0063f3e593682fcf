/** §6.3 in a whole cluster: replicas left in different terms converge on a common one. */
import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { term } from "../../../protocol/ids.ts";
import { EMPTY_HARD_STATE } from "../../../replica/storage/empty.ts";
import { openMemoryStorage } from "../../../replica/storage/memory/memory_storage.ts";
import { SimCluster } from "../../simulation/nodes/sim_cluster.ts";
import { CLUSTER } from "../support/forge.ts";

/** Returns a cluster whose replicas start in these terms, no leader known in any, and whose other replicas stay silent. */
function waking(...terms: readonly number[]): SimCluster {
  const cluster = new SimCluster({ replicas: 4 });
  for (const [i, id] of cluster.ids.entries()) {
    const node = cluster.node(id);
    node.crash();
    const currentTerm = terms[i];
    if (currentTerm === undefined) continue;
    const storage = openMemoryStorage({ clusterId: CLUSTER, hash: sha256Hex, disk: node.disk });
    const state = { ...EMPTY_HARD_STATE, currentTerm: term(currentTerm) };
    storage.commit([{ op: "hard-state", state }], []);
    node.start();
  }
  return cluster;
}

const up = (cluster: SimCluster) => cluster.ids.flatMap((id) => cluster.node(id).state ?? []);

for (const terms of [[6, 5, 5], [5, 6, 6], [9, 5, 7], [20, 20, 3]]) {
  Deno.test(`§6.3b honest replicas left in terms ${terms} beside a silent one come to a common term and serve`, () => {
    const cluster = waking(...terms);
    assert(cluster.elapse(30_000, () => up(cluster).every(({ commitIndex }) => commitIndex > 0)));
    const highest = Math.max(...up(cluster).map(({ hard }) => hard.currentTerm));
    assert(highest <= Math.max(...terms) + 8, `they needed term ${highest}`);
  });
}

Deno.test("§6.3e a replica back from isolation neither inflates the term nor unseats the leader", () => {
  let alone: string | null = null;
  const cluster: SimCluster = new SimCluster({
    replicas: 4,
    delay: (from, to) => from === alone || to === alone ? null : 1,
  });
  const leader = () => cluster.node("r1").state!.view.leader;
  assert(cluster.elapse(10_000, () => cluster.ids.every((id) => cluster.node(id).state!.view.leader !== null)));
  const before = leader();
  alone = before === "r4" ? "r3" : "r4";
  cluster.elapse(60_000);
  alone = null;
  cluster.elapse(10_000);
  assertEquals(new Set(cluster.ids.map((id) => cluster.node(id).state!.view.leader)), new Set([before]));
  assertEquals(cluster.ids.map((id) => cluster.node(id).state!.election.suspectingSince), [null, null, null, null]);
});
