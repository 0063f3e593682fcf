/** For tests of the checkers: a cluster of real cores whose outputs are shown to an observer, with seeded loss and crashes. */
import { sha256Hex } from "../../../crypto/mod.ts";
import { type Digest, digest, type ReplicaId } from "../../../replica/core/ids.ts";
import type { SendRequest, Signed } from "../../../replica/core/message.ts";
import type { PersistOperation } from "../../../replica/core/output.ts";
import { drawRandom } from "../../../replica/core/random.ts";
import { sessionBytes, type SessionTable } from "../../../replica/core/session_table.ts";
import { encodeKvCommand } from "../../../replica/state_machine/mod.ts";
import { replicatedDigest } from "../../../replica/status.ts";
import type { Observer } from "../observer.ts";
import { SimCluster } from "../sim_cluster.ts";

/** What the cluster calls itself. */
export const CLUSTER_ID = "simulation";

export class WatchedCluster {
  readonly cluster: SimCluster;
  readonly requests: Signed<SendRequest>[] = [];
  healed = false;
  readonly #observer: Observer;
  readonly #pending = new Map<ReplicaId, PersistOperation[]>();
  readonly #applied = new Map<ReplicaId, number>();
  #replies = 0;
  #random: number;

  constructor(replicas: number, seed: number, observer: Observer) {
    this.#observer = observer;
    this.#random = seed;
    this.cluster = new SimCluster({
      replicas,
      seed,
      delay: () => this.healed ? 1 : this.draw() < 0.12 ? null : 1 + this.draw() * 120,
      hooks: {
        sent: (from, to, packet) => {
          this.#persisted(from);
          observer.sent?.(from, to, packet, this.cluster.node(from).disk, this.cluster.now);
        },
        handled: (at) => this.#handled(at),
      },
    });
    for (const id of this.cluster.ids) this.#watch(id);
  }

  draw(): number {
    const { state, value } = drawRandom(this.#random);
    this.#random = state;
    return value;
  }

  crash(id: ReplicaId): void {
    this.cluster.node(id).crash();
    this.#observer.crashed?.(id, this.cluster.now);
  }

  restart(id: ReplicaId): void {
    this.cluster.start(id);
    this.#watchMachine(id);
  }

  /** A new request to all replicas; every third is a read. */
  request(): Signed<SendRequest> {
    const number = this.requests.length + 1;
    const key = `k${number}`;
    const command = number % 3 === 0
      ? { op: "get", key } as const
      : { op: "put", key, value: new Uint8Array(4) } as const;
    const request = this.cluster.signRequest("c1", number, Math.max(0, number - 8), encodeKvCommand(command));
    this.requests.push(request);
    this.#observer.requested?.(request, this.cluster.now);
    for (const id of this.cluster.ids) this.cluster.request(id, request, true);
    return request;
  }

  /** Loss, delay and crashes for `rounds` rounds of a request each; then everyone is up and nothing is lost. */
  run(rounds: number): void {
    for (let i = 0; i < rounds; i++) {
      this.request();
      this.cluster.elapse(100 + this.draw() * 300);
      const id = this.cluster.ids[Math.floor(this.draw() * this.cluster.ids.length)]!;
      if (this.draw() < 0.25) this.crash(id);
      for (const [other, node] of this.cluster.nodes) if (!node.state && this.draw() < 0.4) this.restart(other);
    }
    this.healed = true;
    for (const [id, node] of this.cluster.nodes) if (!node.state) this.restart(id);
    this.request();
    this.cluster.elapse(20_000);
  }

  #watch(id: ReplicaId): void {
    const { disk } = this.cluster.node(id);
    const write = disk.write.bind(disk);
    disk.write = (operation) => {
      write(operation);
      this.#pending.set(id, [...this.#pending.get(id) ?? [], operation]);
    };
    this.#watchMachine(id);
  }

  #watchMachine(id: ReplicaId): void {
    const node = this.cluster.node(id);
    this.#applied.delete(id);
    this.#observer.started?.(id, node.disk, this.cluster.now);
    const apply = node.machine.apply.bind(node.machine);
    node.machine.apply = (command, context) => {
      this.#persisted(id);
      this.#observer.executed?.(id, context.index, context.client, command, this.cluster.now);
      return apply(command, context);
    };
  }

  #persisted(id: ReplicaId): void {
    const operations = this.#pending.get(id) ?? [];
    this.#pending.delete(id);
    if (operations.length === 0) return;
    this.#observer.persisted?.(id, operations, this.cluster.node(id).disk, this.cluster.now);
  }

  #handled(id: ReplicaId): void {
    const { cluster } = this;
    this.#persisted(id);
    const { state, machine } = cluster.node(id);
    if (state && state.appliedIndex > (this.#applied.get(id) ?? 0)) {
      this.#applied.set(id, state.appliedIndex);
      const view = {
        appliedIndex: state.appliedIndex,
        digest: digest(replicatedDigest(machine.digest(), state)),
        sessions: sessionDigest(state.sessions),
      };
      this.#observer.applied?.(id, view, cluster.now);
    }
    for (; this.#replies < cluster.replies.length; this.#replies++) {
      const { from, reply } = cluster.replies[this.#replies]!;
      this.#observer.replied?.(from, reply, cluster.now);
    }
  }
}

/** Digest of a session table alone. */
export const sessionDigest = (table: SessionTable): Digest =>
  sha256Hex(new TextEncoder().encode([...sessionBytes(table)].map((bytes) => bytes.toHex()).join("")));
