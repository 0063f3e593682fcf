/** §6.3, §6.4: a replica left alone in a higher term harms no one, keeps up, and rejoins with the next election. */
import { assert, assertEquals } from "@std/assert";
import type { ReplicaId } from "../../../protocol/ids.ts";
import type { Packet } from "../../../protocol/packet.ts";
import { encodeKvCommand } from "../../../state_machine/mod.ts";
import { SimCluster } from "../../simulation/nodes/sim_cluster.ts";

for (const seed of [1, 2, 3]) {
  Deno.test(`§6.4 a candidate whose electors came round catches up alone, and follows the next leader, seed ${seed}`, () => {
    let loses: (from: ReplicaId, packet: Packet) => boolean = () => false;
    const cluster = new SimCluster({
      replicas: 4,
      seed,
      delay: (from, _, packet) => loses(from, packet) ? null : 1,
    });
    const state = (id: ReplicaId) => cluster.node(id).state;
    const leader = () => cluster.ids.find((id) => state(id)?.leadership);
    const level = (...ids: ReplicaId[]) => new Set(ids.map((id) => state(id)!.commitIndex)).size === 1;
    let number = 0;
    const request = () => {
      const command = encodeKvCommand({ op: "put", key: "k", value: Uint8Array.of(number) });
      const signed = cluster.signRequest("c1", number, 0, command);
      number++;
      for (const id of cluster.ids) cluster.request(id, signed, true);
    };
    assert(cluster.elapse(30_000, () => leader() !== undefined && level(...cluster.ids)), "nobody led");
    const first = leader()!;

    // All replicas suspect the leader, one becomes candidate, and its RequestVotes are lost until the leader is heard again.
    loses = (from, packet) => from === first || packet.kind === "RequestVote";
    const candidate = () => cluster.ids.find((id) => state(id)!.election.candidacy !== null);
    assert(cluster.elapse(30_000, () => candidate() !== undefined), "nobody became candidate");
    const alone = candidate()!;
    const others = cluster.ids.filter((id) => id !== alone);
    loses = (_, packet) => packet.kind === "RequestVote";
    request();
    const settled = () => others.every((id) => state(id)!.election.suspectingSince === null) && level(...others);
    assert(cluster.elapse(5000, settled), "the others did not come round");
    loses = () => false;

    for (let i = 0; i < 5; i++) {
      request();
      cluster.elapse(2000);
    }
    assert(
      level(...cluster.ids) && state(first)!.commitIndex >= 7,
      `commits ${cluster.ids.map((id) => state(id)!.commitIndex)}`,
    );
    assertEquals([leader(), state(alone)!.view.leader], [first, null]);
    assert(state(alone)!.hard.currentTerm > state(first)!.hard.currentTerm);

    cluster.node(first).crash();
    const back = () =>
      leader() !== undefined && others.concat(alone).every((id) => id === first || state(id)!.view.leader === leader());
    request();
    assert(cluster.elapse(60_000, back), "the three that are left never followed one leader");
  });
}
