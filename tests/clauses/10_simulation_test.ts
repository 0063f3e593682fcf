/** §10, as far as it shows from outside: honest replicas that crash and restart on a network that loses, delays and reorders. */
import { assert } from "@std/assert";
import type { ReplicaId } from "../../replica/core/ids.ts";
import { drawRandom } from "../../replica/core/random.ts";
import { encodeKvCommand } from "../../replica/state_machine/mod.ts";
import { equivocator } from "../simulation/equivocator.ts";
import { SimCluster } from "../simulation/sim_cluster.ts";
import { Watch } from "./10_watch.ts";

/** A seeded run: `rounds` of trouble, then a healed network. */
class Run {
  readonly watch = new Watch();
  readonly cluster: SimCluster;
  #random: number;
  #healed = false;
  #requests = 0;
  /** The Byzantine replica, if there is one; nothing is demanded of it. */
  #liar: string | null = null;

  constructor(seed: number, replicas: number) {
    this.#random = seed;
    this.cluster = new SimCluster({
      replicas,
      seed,
      delay: () => this.#healed ? 1 : this.#draw() < 0.15 ? null : 1 + this.#draw() * 150,
      hooks: {
        sent: (from, _, packet) => this.#isHonest(from) && this.watch.sent(this.cluster.node(from), packet),
        handled: (at) => this.#isHonest(at) && this.watch.handled(this.cluster, at),
      },
    });
  }

  /** Makes the first leader show two others something else than the rest. */
  equivocate(): void {
    const leader = () => this.cluster.ids.find((id) => this.cluster.node(id).state?.leadership);
    assert(this.cluster.elapse(60_000, () => leader() !== undefined));
    this.#liar = leader()!;
    const victims = this.cluster.ids.filter((id) => id !== this.#liar).slice(0, 2);
    this.cluster.node(this.#liar).corrupt = equivocator(this.#liar, victims);
  }

  trouble(rounds: number): void {
    for (let i = 0; i < rounds; i++) {
      this.#request();
      this.cluster.elapse(100 + this.#draw() * 300);
      const id = this.cluster.ids[Math.floor(this.#draw() * this.cluster.ids.length)]!;
      if (this.#draw() < 0.25) this.cluster.node(id).crash();
      for (const [other, node] of this.cluster.nodes) if (!node.state && this.#draw() < 0.4) this.cluster.start(other);
    }
  }

  /** Everyone is up, nothing is lost: the honest settle on one more request. */
  heal(): void {
    this.#healed = true;
    for (const [id, node] of this.cluster.nodes) if (!node.state) this.cluster.start(id);
    const seq = this.#request();
    const answered = (id: ReplicaId) =>
      [...this.cluster.node(id).state!.sessions.sessions.values()].some(({ answers }) => answers.has(seq));
    const honest = this.cluster.ids.filter((id) => this.#isHonest(id));
    assert(
      this.cluster.elapse(300_000, () => honest.every(answered)),
      "not live within 300 s after the network healed",
    );
  }

  #isHonest(id: string): boolean {
    return id !== this.#liar;
  }

  #request() {
    const number = this.#requests++;
    const command = encodeKvCommand({ op: "put", key: `k${number % 3}`, value: new Uint8Array([number & 255]) });
    const request = this.cluster.signRequest("c1", number, Math.max(0, number - 8), command);
    for (const id of this.cluster.ids) this.cluster.request(id, request, true);
    return request.message.seq;
  }

  #draw(): number {
    const { state, value } = drawRandom(this.#random);
    this.#random = state;
    return value;
  }
}

for (const [seed, replicas] of [[1, 4], [2, 4], [3, 4], [4, 5], [5, 7]] as const) {
  Deno.test(`§10 I1, I2, I4-I6, I8-I10 hold over crashes and loss, n = ${replicas}, seed ${seed}`, () => {
    const run = new Run(seed, replicas);
    run.trouble(25);
    run.heal();
    assert(run.watch.committed.size > 5, `only ${run.watch.committed.size} entries were committed`);
  });
}

for (const [seed, replicas] of [[11, 4], [12, 4], [13, 7]] as const) {
  Deno.test(`§10 they hold among the honest beside an equivocating leader, n = ${replicas}, seed ${seed}`, () => {
    const run = new Run(seed, replicas);
    run.equivocate();
    run.trouble(20);
    run.heal();
    assert(run.watch.committed.size > 5, `only ${run.watch.committed.size} entries were committed`);
  });
}
