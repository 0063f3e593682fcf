/** §6.1: what counts against a leader counts only while one is known; a voter waits for the one it voted for. */
import { assert, assertEquals } from "@std/assert";
import { SimCluster } from "../../simulation/nodes/sim_cluster.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { request, requestVote } from "../support/forge.ts";

Deno.test("§6.1i patience that ran out with the last leader is none with the one just voted for", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.request(request(0));
  assert(!lab.trusts(10_000), "patience did not run out");
  lab.feed(requestVote("r3", 2, ["r2", "r3", "r4"]));
  assert(lab.wait(2000, () => lab.state.hard.vote?.candidate === "r3"), "it voted for nobody");
  assertEquals([lab.state.view.leader, lab.suspects], [null, false]);
  const { deadline } = lab.state.election;
  assert(!lab.wait(deadline - lab.now - 20, () => lab.suspects), "suspected nobody before the election timer fired");
});

Deno.test("§6.1 §6.11 a pending request does not keep a slow network from electing", () => {
  for (const seed of [1, 2, 3]) {
    const cluster = new SimCluster({ replicas: 4, seed, delay: () => 500 });
    const [first, ...others] = cluster.ids;
    cluster.node(first!).crash();
    const write = cluster.signRequest("c1", 1, 1, new Uint8Array(10));
    for (const id of others) cluster.request(id, write, true);
    const applied = () => others.every((id) => cluster.node(id).state!.appliedIndex >= 2);
    assert(cluster.elapse(60_000, applied), `seed ${seed}: not applied within a minute`);
  }
});
