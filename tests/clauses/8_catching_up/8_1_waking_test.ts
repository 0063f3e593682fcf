/** §8.1: a replica at rest wakes up to catch up. Found by the simulation (`--replicas 5 --start 101857`). */
import { assert, assertEquals } from "@std/assert";
import { BUSY_TICK_MS, nextDeadline } from "../../../replica/core/next_deadline.ts";
import { encodeKvCommand } from "../../../state_machine/mod.ts";
import { SimCluster } from "../../simulation/nodes/sim_cluster.ts";
import * as forge from "../support/forge.ts";
import { Lab, sentOf } from "../support/lab.ts";

Deno.test("§8.1b a follower that missed the last entry asks for it as soon as f + 1 others have committed it, however long timeouts are", () => {
  let lossy = false;
  const cluster = new SimCluster({
    replicas: 4,
    tick: "deadline",
    constants: {
      electionTimeoutMs: 60_000,
      electionTimeoutCapMs: 120_000,
      patienceMs: 300_000,
      patienceCapMs: 300_000,
    },
    delay: (_, to, packet) => lossy && to === laggard && packet.kind === "AppendEntries" ? null : 1,
  });
  const leader = () => cluster.ids.find((id) => cluster.node(id).state?.leadership);
  const commits = () => cluster.ids.map((id) => cluster.node(id).state!.commitIndex as number);
  let laggard = "";
  assert(cluster.elapse(300_000, () => leader() !== undefined && commits().every((index) => index === 1)));
  cluster.elapse(40_000); // everyone is at rest
  laggard = cluster.ids.find((id) => id !== leader())!;
  lossy = true;
  const command = encodeKvCommand({ op: "put", key: "k", value: Uint8Array.of(1) });
  cluster.request(leader()!, cluster.signRequest("c1", 1, 0, command));
  assert(cluster.elapse(100, () => commits().filter((index) => index === 2).length === 3), "three did not commit");
  assertEquals(cluster.node(laggard).state!.commitIndex as number, 1);
  assert(cluster.elapse(2000, () => commits().every((index) => index === 2)), `commits ${commits()} two seconds later`);
});

Deno.test("§8.1b who commits a part of what others claim stays awake for the rest", () => {
  const chain = forge.grow(forge.GENESIS, 4, 1);
  const lab = new Lab();
  lab.receive(...["r3", "r4"].map((id) => forge.response(id, 1, { commit: forge.headIn(chain, 4) })));
  const asking = lab.until((last) => sentOf(last, "FetchEntries").length > 0, 1000);
  const question = sentOf(asking, "FetchEntries")[0]!.signed.message;
  const source = String(asking.sent.find(({ packet }) => packet.kind === "FetchEntries")!.to[0]);
  const certificate = forge.commitCertificate(1, forge.headIn(chain, 2), ["r1", "r3", "r4"], chain.slice(2));
  lab.receive(forge.fetchEntriesResponse(source, question, chain.slice(0, 2), certificate));
  assertEquals([lab.state.commitIndex as number, lab.state.catchUp.active], [2, null]);
  assertEquals(nextDeadline(lab.state, lab.now), lab.now + BUSY_TICK_MS);
});
