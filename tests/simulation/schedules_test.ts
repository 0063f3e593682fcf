/** The two schedules that break Tangaroa, as published (§0), and Cachin & Vukolić's: here they must do no harm. */
import { assert, assertEquals } from "@std/assert";
import type { ReplicaId } from "../../protocol/ids.ts";
import type { Packet } from "../../protocol/packet.ts";
import { encodeKvCommand } from "../../state_machine/mod.ts";
import { equivocator } from "./nodes/equivocator.ts";
import { createFakeSigner, signMessage } from "./network/fake_crypto.ts";
import { SimCluster } from "./nodes/sim_cluster.ts";

type Loses = (from: ReplicaId, to: ReplicaId, packet: Packet) => boolean;

/** Four replicas, the first leader of which is faulty from the moment it has led everyone to one committed entry. */
class Stage {
  readonly cluster: SimCluster;
  readonly leader: ReplicaId;
  readonly a: ReplicaId;
  readonly b: ReplicaId;
  readonly c: ReplicaId;
  /** Index of the entry that the schedule is about. */
  readonly index: number;
  /** What the network loses at the moment. */
  loses: Loses = () => false;
  /** Whether the faulty leader, otherwise dead, supports every candidacy of `c` whatever its base. */
  #supports = false;
  /** Hashes that honest replicas held at the index when they began to lead. */
  readonly ledWith: (string | undefined)[] = [];

  constructor(seed: number) {
    this.cluster = new SimCluster({
      replicas: 4,
      seed,
      delay: (from, to, packet) => this.loses(from, to, packet) ? null : 1,
      hooks: {
        sent: (from, _, packet) => this.#support(from, packet),
        event: (from, { event, fields }) => {
          if (event === "leader" && fields["leader"] === from && this.index) this.ledWith.push(this.hashOf(from));
        },
      },
    });
    const leader = () => this.cluster.ids.find((id) => this.cluster.node(id).state?.leadership);
    const level = () => this.cluster.ids.every((id) => this.cluster.node(id).state!.commitIndex === 1);
    assert(this.cluster.elapse(30_000, () => leader() !== undefined && level()), "nobody led");
    this.leader = leader()!;
    [this.a, this.b, this.c] = this.cluster.ids.filter((id) => id !== this.leader) as [ReplicaId, ReplicaId, ReplicaId];
    this.index = 2;
  }

  request(): void {
    const command = encodeKvCommand({ op: "put", key: "k", value: Uint8Array.of(1) });
    this.cluster.request(this.leader, this.cluster.signRequest("c1", 1, 0, command));
  }

  state(id: ReplicaId) {
    return this.cluster.node(id).state!;
  }

  hashOf(id: ReplicaId): string | undefined {
    return this.state(id).log.entries[this.index - 1]?.hash;
  }

  /** From now on the leader says nothing but what helps `c` to be elected. */
  lie(): void {
    this.cluster.node(this.leader).crash();
    this.#supports = true;
  }

  /** A term in which `id` leads and has committed something, and everyone up has it too. */
  settle(members: readonly ReplicaId[]): void {
    const settled = () =>
      members.every((id) => this.state(id).commitIndex >= this.index) &&
      new Set(members.map((id) => this.state(id).commitIndex)).size === 1;
    assert(this.cluster.elapse(120_000, settled), "the honest replicas never went on");
  }

  #support(from: ReplicaId, packet: Packet): void {
    if (!this.#supports || from === this.leader) return;
    const signer = createFakeSigner("replica", this.leader);
    if (packet.kind === "PreVote") {
      const signed = signMessage(signer, { ...packet.signed.message, replica: this.leader });
      this.cluster.inject(this.leader, [this.a, this.b, this.c], { kind: "PreVote", signed, proof: null });
    }
    if (packet.kind === "RequestVote" && from === this.c) {
      const { term, candidate, base } = packet.signed.message;
      const message = { kind: "Vote", term, candidate, voter: this.leader, granted: true, base } as const;
      this.cluster.inject(this.leader, [from], { kind: "Vote", signed: signMessage(signer, message) });
    }
  }
}

/** Everything to and from `id`. */
const cutOff = (id: ReplicaId): Loses => (from, to) => from === id || to === id;

for (const seed of [1, 2, 3, 4]) {
  Deno.test(`Cachin & Vukolić: what A alone has committed survives a faulty leader and C, seed ${seed}`, () => {
    const stage = new Stage(seed);
    const { a, b, c, leader, cluster } = stage;
    // m goes to A and B only. All three certify it, but what they report of that only A hears: A alone commits.
    const isReport = (packet: Packet) =>
      packet.kind === "AppendEntriesResponse" && packet.signed.message.prepared.index === stage.index;
    stage.loses = (_, to, packet) => to === c || (to !== a && isReport(packet));
    stage.request();
    assert(cluster.elapse(900, () => stage.state(a).commitIndex === stage.index), "A did not commit");
    const committed = stage.hashOf(a);
    assertEquals([stage.state(b).commitIndex, stage.state(leader).commitIndex, stage.hashOf(c)], [1, 1, undefined]);
    stage.lie();
    stage.loses = cutOff(a);
    assert(cluster.elapse(120_000, () => stage.ledWith.length > 0), "leadership never moved");
    stage.loses = () => false;
    stage.settle([a, b, c]);
    assertEquals(stage.ledWith.filter((hash) => hash !== committed), [], "somebody led without what A had committed");
    assertEquals([stage.hashOf(b), stage.hashOf(c)], [committed, committed]);
  });

  Deno.test(`§0 e to A and B, e′ to C, and A alone hears a quorum: A commits nothing, and nothing forks, seed ${seed}`, () => {
    const stage = new Stage(seed);
    const { a, b, c, leader, cluster } = stage;
    cluster.node(leader).corrupt = equivocator(leader, [c]);
    stage.loses = (from, to, packet) => packet.kind === "AppendEntriesResponse" && to !== a && from !== to;
    stage.request();
    const certified = () => stage.state(a).prepared.index === stage.index;
    assert(cluster.elapse(900, certified), "A did not gather a quorum of acks");
    const [e, other] = [stage.hashOf(a), stage.hashOf(c)];
    assert(other !== undefined && other !== e, "C was not shown another entry");
    // Before B knows of any certificate nobody but A and the leader can have reported one: two of four commit nothing.
    stage.lie();
    assertEquals(stage.state(b).prepared.index, 1);
    stage.loses = cutOff(a);
    assert(cluster.elapse(120_000, () => stage.ledWith.length > 0), "leadership never moved");
    assertEquals(stage.state(a).commitIndex, 1, "A committed on one round of acks");
    const voters = stage.state(c).electionProof!.votes.map(({ message }) => message.voter);
    assert(voters.includes(leader), `C was elected by ${voters}, without the liar: then this schedule shows nothing`);
    stage.loses = () => false;
    stage.settle([a, b, c]);
    assertEquals([stage.hashOf(b), stage.hashOf(c)], [stage.hashOf(a), stage.hashOf(a)]);
  });
}
