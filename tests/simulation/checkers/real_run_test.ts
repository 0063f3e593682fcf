/** Checkers accuse no correct replica: real cores under loss, crashes and an equivocating leader. */
import { assert, assertEquals } from "@std/assert";
import type { ReplicaId } from "../../../replica/core/ids.ts";
import { equivocator } from "../equivocator.ts";
import type { RunFacts } from "../observer.ts";
import { type Checkers, createCheckers } from "./mod.ts";
import { CLUSTER_ID, WatchedCluster } from "./watched_cluster.ts";

function factsOf(replicas: number, ...byzantine: string[]): RunFacts {
  const ids = Array.from({ length: replicas }, (_, i) => `r${i + 1}` as ReplicaId);
  return { clusterId: CLUSTER_ID, replicas: ids, byzantine: new Set(byzantine as ReplicaId[]), fastReads: false };
}

function demandRich({ counts }: Checkers): void {
  assert(counts.committed > 5 && counts.elections >= 1, JSON.stringify(counts));
  assert(counts.certificates > 5 && counts.packets > 100 && counts.entries >= counts.committed);
}

for (const [seed, replicas] of [[21, 4], [22, 4], [23, 5], [24, 7]] as const) {
  Deno.test(`nothing is found on honest replicas that crash and lose packets, n = ${replicas}, seed ${seed}`, () => {
    const checkers = createCheckers(factsOf(replicas));
    const watched = new WatchedCluster(replicas, seed, checkers);
    watched.run(60);
    checkers.finish();
    demandRich(checkers);
    assert(checkers.counts.crashes > 0);
    assertEquals(checkers.counts.evidence, 0);
  });
}

for (const [seed, replicas] of [[31, 4], [32, 4], [33, 7]] as const) {
  Deno.test(`nothing is found on the honest beside an equivocator, n = ${replicas}, seed ${seed}`, () => {
    const checkers = createCheckers(factsOf(replicas, "r1"));
    const watched = new WatchedCluster(replicas, seed, checkers);
    const { cluster } = watched;
    cluster.node("r1").corrupt = equivocator("r1", cluster.ids.slice(1, 3));
    watched.run(60);
    checkers.finish();
    demandRich(checkers);
  });
}
