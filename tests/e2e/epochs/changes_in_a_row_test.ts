/** Three of the changes that `deno task chaos --changes N` makes: whatever changes while replicas are killed and one lies, every client sees one store. */
import { assert, assertEquals } from "@std/assert";
import { longTest } from "../../support/long_tests.ts";
import { clientsFor, runChanges } from "../chaos/changes/run_changes.ts";
import { chaosPlan } from "../chaos/plan.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";

longTest(
  "changes of the roster in a row, with a liar in each epoch, while replicas are killed: every client's history is linearizable",
  () => {
    const { seed, electionTimeoutMs, checkpointEvery, logTail } = chaosPlan();
    const plan = { changes: 3, seed, clients: 4, pauseSeconds: [1, 3] } as const;
    const constants = { electionTimeoutMs, patienceMs: 2 * electionTimeoutMs, checkpointEvery, logTail };
    return withLocalCluster({ clients: clientsFor(plan), constants }, async (cluster) => {
      const told: string[] = [];
      const { faults, made, kills, undecided, clients } = await runChanges(cluster, plan, (text) => told.push(text));
      assertEquals(faults, [], `seed ${seed}: ${told.join("; ")}`);
      assertEquals([made.length, undecided], [3, 0]);
      assert(kills > 0 && clients.acknowledgedWrites > 0 && clients.reads > 0, `seed ${seed}`);
    });
  },
);
