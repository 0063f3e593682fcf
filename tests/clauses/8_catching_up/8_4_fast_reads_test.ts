/** §7.4, §8.4: a learner does not know yet what it once answered, so its state may be older than others rely on. */
import { assert, assertEquals } from "@std/assert";
import { clientId } from "../../../protocol/ids.ts";
import { digest } from "../../../protocol/ids.ts";
import { fastRead } from "../../../replica/answers/queries.ts";
import { encodeKvCommand } from "../../../state_machine/mod.ts";
import { SimCluster } from "../../simulation/nodes/sim_cluster.ts";
import { NO_CHANGES } from "../../support/executors.ts";

Deno.test("§7.4c §8.4 a learner refuses fast reads until it is a full replica again", () => {
  const cluster = new SimCluster({ replicas: 4, constants: { fastReads: true } });
  const leader = () => cluster.ids.find((id) => cluster.node(id).state?.leadership);
  assert(cluster.elapse(20_000, () => leader() !== undefined), "no leader");
  const node = cluster.node(cluster.ids.find((id) => id !== leader())!);
  const read = () =>
    fastRead(
      node.state!,
      { machine: node.machine, changes: NO_CHANGES },
      clientId("c1"),
      encodeKvCommand({ op: "get", key: "k" }),
    ).ok;
  cluster.elapse(500);
  assertEquals(read(), true);
  node.wipe(digest("ab".repeat(32)));
  node.start();
  assertEquals(read(), false);
  const caughtUp = () => node.state!.appliedIndex === cluster.node(leader()!).state!.appliedIndex;
  assert(cluster.elapse(20_000, caughtUp), "it did not catch up");
  assertEquals(read(), false);
  const before = leader()!;
  cluster.node(before).crash();
  cluster.start(before);
  assert(cluster.elapse(60_000, () => node.state!.hard.recovery === null), "it did not rejoin");
  assertEquals(read(), true);
});
