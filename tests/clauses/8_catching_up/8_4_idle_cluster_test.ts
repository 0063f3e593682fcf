/** §8.4, §5.7: a replica that lost its disk is told what is committed, although nothing new is. */
import { assert, assertEquals } from "@std/assert";
import { digest } from "../../../protocol/ids.ts";
import { encodeKvCommand } from "../../../state_machine/mod.ts";
import { SimCluster } from "../../simulation/nodes/sim_cluster.ts";

for (const checkpointEvery of [8, 1000]) {
  Deno.test(`§8.4c a learner catches up with a cluster at rest, checkpoints every ${checkpointEvery} entries`, () => {
    const cluster = new SimCluster({ replicas: 4, constants: { checkpointEvery, logTail: 4 } });
    const leader = () => cluster.ids.find((id) => cluster.node(id).state?.leadership);
    assert(cluster.elapse(20_000, () => leader() !== undefined), "no leader");
    const applied = () => cluster.ids.map((id) => Number(cluster.node(id).state!.appliedIndex));
    for (let number = 1; number <= 20; number++) {
      const command = encodeKvCommand({ op: "put", key: `k${number}`, value: new Uint8Array(10) });
      cluster.request(leader()!, cluster.signRequest("c1", number, number, command));
      cluster.elapse(50);
    }
    assert(cluster.elapse(5000, () => applied().every((index) => index === applied()[0])), "not level");
    cluster.elapse(5000); // every replica has heard by now that all others have committed everything
    const [last] = applied();
    const node = cluster.node(cluster.ids.find((id) => id !== leader())!);
    node.wipe(digest("ab".repeat(32)));
    node.start();
    assert(cluster.elapse(30_000, () => node.state!.appliedIndex === last), `applied ${applied()}`);
    assertEquals(node.view().digest, cluster.node(leader()!).view().digest);
    assert(node.state!.hard.recovery !== null, "it has rejoined without a change of leader");
  });
}
