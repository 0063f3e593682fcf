/** Ten seconds of `deno task chaos`: whatever is killed when, nothing acknowledged is lost and every client sees one store. */
import { assert, assertEquals } from "@std/assert";
import { chaosPlan } from "./chaos/plan.ts";
import { clientsOf, type Enough, runChaos } from "./chaos/run.ts";
import { withLocalCluster } from "./support/with_local_cluster.ts";

const SECONDS = 10;

/** Whatever the machine's speed, the run goes on until there were writes, reads, kills and checkpoints. */
const sawEverything: Enough = ({ acknowledgedWrites, reads }, { kills, checkpoints }) =>
  [acknowledgedWrites, reads, kills, checkpoints].every((count) => count > 0);

Deno.test("replicas killed and wiped under load for ten seconds: every client's history is linearizable, every listener hears of each change once, all replicas end alike", () => {
  const plan = chaosPlan({ seconds: SECONDS, pauseSeconds: [0.5, 1.5], clients: 4 });
  const constants = {
    ...{ checkpointEvery: plan.checkpointEvery, logTail: plan.logTail },
    ...{ electionTimeoutMs: plan.electionTimeoutMs, patienceMs: 2 * plan.electionTimeoutMs },
  };
  return withLocalCluster({ clients: clientsOf(plan), constants }, async (cluster) => {
    const attacks: string[] = [];
    const { result } = await runChaos(cluster, plan, (attack) => attacks.push(attack), sawEverything);
    assertEquals(result.faults, [], `seed ${plan.seed}: ${attacks.join(" ")}`);
    const { clients, fleet, undecided, heard, listeners } = result;
    assertEquals(listeners, plan.clients);
    assert(heard >= clients.acknowledgedWrites, `${heard} changes heard of ${clients.acknowledgedWrites} writes`);
    assertEquals(undecided, 0);
    assert(sawEverything(clients, fleet), `counted ${JSON.stringify({ clients, fleet })}; seed ${plan.seed}`);
  });
});
