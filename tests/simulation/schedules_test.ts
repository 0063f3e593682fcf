/** The two schedules that break Tangaroa, as published (§0), and Cachin & Vukolić's: here they must do no harm. */
import { assert, assertEquals } from "@std/assert";
import type { ReplicaId } from "../../protocol/ids.ts";
import type { Packet } from "../../protocol/packet.ts";
import { encodeKvCommand } from "../../state_machine/mod.ts";
import { createFakeSigner, signMessage } from "./network/fake_crypto.ts";
import { equivocator } from "./nodes/equivocator.ts";
import { SimCluster } from "./nodes/sim_cluster.ts";

type Loses = (from: ReplicaId, to: ReplicaId, packet: Packet) => boolean;

/** Four replicas, whose first leader is faulty from the moment it has led all to one committed entry. */
class ScheduleLab {
  readonly cluster: SimCluster;
  readonly leader: ReplicaId;
  readonly a: ReplicaId;
  readonly b: ReplicaId;
  readonly c: ReplicaId;
  /** Index of the entry that the schedule is about. */
  readonly index: number;
  /** The packets the network loses at present. */
  loses: Loses = () => false;
  /** Set while the faulty leader, otherwise dead, supports every candidacy of `c` whatever its base. */
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

  /** From now on the leader sends nothing but what helps `c` to be elected. */
  lie(): void {
    this.cluster.node(this.leader).crash();
    this.#supports = true;
  }

  /** Brings about a term in which `id` leads and has committed something, and every replica that is up has it too. */
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

/** Returns a rule that loses everything to and from `id`. */
const cutOff = (id: ReplicaId): Loses => (from, to) => from === id || to === id;

for (const seed of [1, 2, 3, 4]) {
  Deno.test(`Cachin & Vukolić: what A alone has committed survives a faulty leader and C, seed ${seed}`, () => {
    const lab = new ScheduleLab(seed);
    const { a, b, c, leader, cluster } = lab;
    // m goes to A and B only. All three certify it, but their reports of that reach only A: A alone commits.
    const isReport = (packet: Packet) =>
      packet.kind === "AppendEntriesResponse" && packet.signed.message.prepared.index === lab.index;
    lab.loses = (_, to, packet) => to === c || (to !== a && isReport(packet));
    lab.request();
    assert(cluster.elapse(900, () => lab.state(a).commitIndex === lab.index), "A did not commit");
    const committed = lab.hashOf(a);
    assertEquals([lab.state(b).commitIndex, lab.state(leader).commitIndex, lab.hashOf(c)], [1, 1, undefined]);
    lab.lie();
    lab.loses = cutOff(a);
    assert(cluster.elapse(120_000, () => lab.ledWith.length > 0), "leadership never moved");
    lab.loses = () => false;
    lab.settle([a, b, c]);
    assertEquals(lab.ledWith.filter((hash) => hash !== committed), [], "somebody led without what A had committed");
    assertEquals([lab.hashOf(b), lab.hashOf(c)], [committed, committed]);
  });

  Deno.test(`§0 e to A and B, e′ to C, and A alone hears a quorum: A commits nothing, and nothing forks, seed ${seed}`, () => {
    const lab = new ScheduleLab(seed);
    const { a, b, c, leader, cluster } = lab;
    cluster.node(leader).corrupt = equivocator(leader, [c]);
    lab.loses = (from, to, packet) => packet.kind === "AppendEntriesResponse" && to !== a && from !== to;
    lab.request();
    const certified = () => lab.state(a).prepared.index === lab.index;
    assert(cluster.elapse(900, certified), "A did not gather a quorum of acks");
    const [e, other] = [lab.hashOf(a), lab.hashOf(c)];
    assert(other !== undefined && other !== e, "C was not shown another entry");
    // Before B knows of any certificate only A and the leader can have reported one: two of four commit nothing.
    lab.lie();
    assertEquals(lab.state(b).prepared.index, 1);
    lab.loses = cutOff(a);
    assert(cluster.elapse(120_000, () => lab.ledWith.length > 0), "leadership never moved");
    assertEquals(lab.state(a).commitIndex, 1, "A committed on one round of acks");
    const voters = lab.state(c).electionProof!.votes.map(({ message }) => message.voter);
    assert(voters.includes(leader), `C was elected by ${voters}, without the liar: then this schedule shows nothing`);
    lab.loses = () => false;
    lab.settle([a, b, c]);
    assertEquals([lab.hashOf(b), lab.hashOf(c)], [lab.hashOf(a), lab.hashOf(a)]);
  });
}

/** Returns a cluster of four whose first leader has led all to one committed entry, and that leader. */
function ledCluster(seed: number) {
  const links = { loses: (() => false) as Loses };
  const cluster = new SimCluster({
    replicas: 4,
    seed,
    delay: (from, to, packet) => links.loses(from, to, packet) ? null : 1,
  });
  const leaderOf = (): ReplicaId | undefined =>
    cluster.ids.find((id) => cluster.node(id).state!.view.role === "leader");
  const level = () => cluster.ids.every((id) => cluster.node(id).state!.commitIndex === 1);
  assert(cluster.elapse(30_000, () => leaderOf() !== undefined && level()), "nobody led");
  return { cluster, links, first: leaderOf()! };
}

for (const seed of [1, 2, 3, 4]) {
  Deno.test(`hashicorp/raft 696: hand-over to a target that is cut off, another term, healed, the first leads again and serves, seed ${seed}`, () => {
    const { cluster, links, first } = ledCluster(seed);
    const stateOf = (id: ReplicaId) => cluster.node(id).state!;
    const target = cluster.ids[(cluster.ids.indexOf(first) + 1) % 4]!;
    // The target hears nothing any more, and the others nothing of the hand-over: nobody takes the office.
    links.loses = (from, to, packet) => to === target || from === target || packet.kind === "HandOver";
    cluster.node(first).run([{ kind: "leave", reason: "stop" }]);
    assert(cluster.elapse(500, () => stateOf(first).view.handOver !== null), "it signed nothing");
    assertEquals(stateOf(first).view.handOver!.successor, target);
    cluster.node(first).run([{ kind: "leave", reason: null }]);
    // It falls, another leads a term in which the first one signs nothing, and the network heals.
    links.loses = cutOff(first);
    const leads = (id: ReplicaId) => stateOf(id).view.role === "leader";
    const isLed = (id: ReplicaId) => cluster.ids.filter((each) => stateOf(each).view.leader === id).length >= 3;
    assert(cluster.elapse(60_000, () => cluster.ids.some((id) => id !== first && isLed(id))), "nobody took its place");
    links.loses = () => false;
    // Whoever leads is cut off until the first one leads again.
    for (let falls = 0; !(leads(first) && isLed(first)); falls++) {
      assert(falls < 40, `${first} was never elected again`);
      const fallen = cluster.ids.find((id) => id !== first && isLed(id));
      if (fallen !== undefined) links.loses = cutOff(fallen);
      cluster.elapse(60_000, () => cluster.ids.some((id) => id !== fallen && leads(id) && isLed(id)));
      links.loses = () => false;
      cluster.elapse(100);
    }
    assertEquals(stateOf(first).leadership!.handing, null, "something of the hand-over is left");
    const before = stateOf(first).commitIndex;
    const command = encodeKvCommand({ op: "put", key: "k", value: Uint8Array.of(1) });
    cluster.request(first, cluster.signRequest("c1", 1, 0, command));
    assert(cluster.elapse(200, () => stateOf(first).commitIndex > before), "it leads, and proposes nothing");
  });
}
