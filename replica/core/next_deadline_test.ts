import { assert, assertEquals } from "@std/assert";
import { SimCluster } from "../../tests/simulation/nodes/sim_cluster.ts";
import { nextDeadline } from "./next_deadline.ts";
import { heartbeatDue } from "./replication/replication.ts";

Deno.test("an idle follower sleeps until its election timer, an idle leader until its heartbeat", () => {
  const cluster = new SimCluster({ replicas: 4 });
  cluster.elapse(3000);
  const states = [...cluster.nodes.values()].map((node) => node.state!);
  for (const state of states) {
    const wanted = state.leadership
      ? heartbeatDue(state, state.leadership)
      : Math.min(state.election.deadline, cluster.now + 500);
    assertEquals(nextDeadline(state, cluster.now), wanted);
  }
});

Deno.test("ticking only at the deadlines elects and commits as ticking all the time does", () => {
  const cluster = new SimCluster({ replicas: 4, tick: "deadline" });
  const settled = () => [...cluster.nodes.values()].every(({ state }) => state!.commitIndex >= 1);
  assert(cluster.elapse(5000, settled), "no term was opened within 5 s");
  cluster.node([...cluster.nodes.values()].find(({ state }) => state!.leadership)!.id).crash();
  const again = () => [...cluster.nodes.values()].filter(({ state }) => state && state.commitIndex >= 2).length >= 3;
  assert(cluster.elapse(20_000, again), "no leader replaced the crashed one within 20 s");
});
