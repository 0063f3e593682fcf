/** One simulated run: the cluster, its clients and its faults, on one virtual clock, from one plan. */
import type { CoreConfig } from "../../protocol/config.ts";
import { clientId, type Millis, type ReplicaId } from "../../protocol/ids.ts";
import type { Packet } from "../../protocol/packet.ts";
import type { ClientReply } from "../../replica/core/output.ts";
import type { CoreState } from "../../replica/core/state.ts";
import type { Colluders } from "./actors/actor.ts";
import { corruptionsOf, createColluders } from "./actors/support/colluders.ts";
import { ClientDesk } from "./clients/client_links.ts";
import type { ClientHistory } from "./clients/client_world.ts";
import type { SimClient } from "./clients/sim_client.ts";
import { fanOut, onlyDisk } from "./fan_out.ts";
import { isNetworkFault, Network } from "./network/network.ts";
import { Scheduler } from "./network/scheduler.ts";
import type { SimCrypto } from "./network/sim_crypto.ts";
import { Crashes } from "./nodes/crashes.ts";
import { DiskFaults } from "./nodes/disk_faults.ts";
import { Inboxes } from "./nodes/inboxes.ts";
import { leaderAmong } from "./nodes/leader_among.ts";
import { Leaves } from "./nodes/leaves.ts";
import type { NodeWorld } from "./nodes/node_world.ts";
import { isDecodable } from "./nodes/possible.ts";
import { SimNode } from "./nodes/sim_node.ts";
import { Ticks } from "./nodes/ticks.ts";
import type { Observer } from "./observer.ts";
import type { Plan, Target } from "./plan/plan.ts";
import { Rng } from "./plan/rng.ts";
import { toleratedBy } from "./plan/tolerance.ts";
import { emptyStats, type RunStats } from "./search/stats.ts";

export const CLUSTER = "simulation";

export interface SimulationParts {
  readonly plan: Plan;
  readonly crypto: SimCrypto;
  readonly observer: Observer;
  readonly history: ClientHistory;
  /** Called after a replica has handled something, with its state for transcripts. */
  readonly handled?: (at: ReplicaId, state: CoreState | null, now: Millis) => void;
}

/** Wait before a faulty replica that stopped by itself is restarted. */
const FAULTY_RESTART_MS = 500;

export class Simulation {
  readonly scheduler = new Scheduler();
  readonly stats: RunStats = emptyStats();
  readonly nodes = new Map<ReplicaId, SimNode>();
  readonly plan: Plan;
  readonly #parts: SimulationParts;
  readonly #network: Network;
  readonly #byzantine: ReadonlySet<ReplicaId>;
  readonly #inboxes: Inboxes;
  readonly #ticks: Ticks;
  readonly #colluders: Colluders;
  readonly #crashes: Crashes;
  readonly #leaves: Leaves;
  readonly #disks: DiskFaults;
  readonly #desk: ClientDesk;
  readonly #down = new Set<ReplicaId>();
  /** Set once the faulty replicas have fallen silent for good. */
  #silenced = false;

  constructor(parts: SimulationParts) {
    const { plan } = parts;
    this.plan = plan;
    this.#parts = parts;
    this.#byzantine = new Set(plan.byzantine.map(({ replica }) => replica));
    this.#network = new Network({
      scheduler: this.scheduler,
      rng: new Rng(plan.seed, "network"),
      latencyMs: plan.latencyMs,
      faults: plan.faults.filter(isNetworkFault),
      replicas: plan.replicas,
      resolve: (target) => this.resolve(target),
      deliver: (to, packet) => this.#inboxes.deliver(to, { packet: this.#parts.crypto.transmit(packet) }),
    });
    this.#inboxes = new Inboxes({
      ...{ scheduler: this.scheduler, batchMs: plan.batchMs, writeMs: plan.writeMs ?? 0 },
      handle: (at, arrivals) => {
        this.node(at).receive(arrivals, this.#ticks.lateness(at));
        this.#ticks.rearm(at);
      },
    });
    this.#ticks = new Ticks({
      ...{ plan, scheduler: this.scheduler, nodes: this.nodes, inboxes: this.#inboxes, stats: this.stats },
      resolve: (target) => this.resolve(target),
    });
    this.#colluders = createColluders({
      clusterId: CLUSTER,
      plan,
      crypto: parts.crypto,
      scheduler: this.scheduler,
      send: (from, to, packet) => this.#silenced || this.#send(from, to, packet),
      reply: (from, reply) => this.#silenced || this.#reply(from, reply),
      peek: (id) => this.nodes.get(id)?.state ?? null,
    });
    this.#crashes = new Crashes({
      ...{ scheduler: this.scheduler, nodes: this.nodes, stats: this.stats },
      start: (id) => this.#start(id),
      resolve: (target) => this.resolve(target),
      isHonest: (id) => this.isHonest(id),
    });
    this.#leaves = new Leaves(this);
    this.#disks = new DiskFaults({
      ...{ plan, scheduler: this.scheduler, nodes: this.nodes, stats: this.stats },
      mostFaults: toleratedBy(plan.replicas.length, plan.constants.profile),
      start: (id) => this.#start(id),
      restartLater: (id, downMs) => this.#crashes.restartLater(id, downMs),
      resolve: (target) => this.resolve(target),
    });
    plan.replicas.forEach((id, position) => this.#addNode(id, position));
    for (const id of plan.replicas) this.#start(id);
    this.#crashes.schedule(plan.faults);
    this.#disks.schedule(plan.faults);
    this.#desk = new ClientDesk({
      ...{ plan, crypto: parts.crypto, observer: parts.observer, history: parts.history },
      ...{ scheduler: this.scheduler, network: this.#network, nodes: this.nodes },
      deliver: (to, arrival) => this.#inboxes.deliver(to, arrival),
    });
  }

  get now(): Millis {
    return this.scheduler.now;
  }

  isHonest(id: ReplicaId): boolean {
    return !this.#byzantine.has(id);
  }

  get clients(): readonly SimClient[] {
    return this.#desk.clients;
  }

  /** Honest replicas that have lost their disk and are still learners. */
  get learners(): ReplicaId[] {
    return this.#disks.learners;
  }

  /** True if more replicas are faulty, learners or to stay down than permitted: then no service is owed. */
  get exceeds(): boolean {
    const missing = new Set([...this.#byzantine, ...this.learners, ...this.#down]);
    return missing.size > toleratedBy(this.plan.replicas.length, this.plan.constants.profile);
  }

  /** Honest replicas that are to be up once the network has healed. */
  get survivors(): ReplicaId[] {
    return this.plan.replicas.filter((id) => this.isHonest(id) && !this.#down.has(id));
  }

  node(id: ReplicaId): SimNode {
    return this.nodes.get(id)!;
  }

  /** Returns the replica that leads in the highest term, according to itself. */
  leader = (): ReplicaId | null => leaderAmong(this.nodes.values());

  /** Ends the faults: honest replicas come up, and stay up. */
  heal(): void {
    this.#silenced = this.plan.silenced;
    this.#crashes.end(this.#silenced);
    this.#disks.end();
    this.#leaves.end();
    for (const target of this.plan.down) {
      const id = this.resolve(target);
      if (id === null || !this.isHonest(id) || this.learners.includes(id)) continue;
      this.#down.add(id);
      if (this.exceeds) this.#down.delete(id);
    }
    for (const id of this.plan.replicas) {
      const node = this.node(id);
      if (this.#down.has(id) || (this.#silenced && !this.isHonest(id))) {
        node.crash();
      } else if (this.isHonest(id)) {
        node.disarm();
        if (!node.state) this.#start(id);
      }
    }
  }

  /** Silences all clients, faulty ones included. */
  pauseClients(): void {
    this.#desk.pause();
  }

  /** Resumes the clients with the operations their plans want after the healing. */
  resumeClients(serviceMs: Millis): void {
    this.#desk.resume(serviceMs);
  }

  /** True once every honest client had everything answered, for as long as was wanted. */
  get served(): boolean {
    return this.#desk.served;
  }

  /** Takes `id` down, and restarts it a moment later. */
  bounce(id: ReplicaId): void {
    this.node(id).crash();
    this.scheduler.schedule(1, () => this.node(id).state === null && this.#start(id));
  }

  /** Returns the replica that `target` means now. */
  resolve(target: Target): ReplicaId | null {
    if (target !== "leader" && target !== "honest-leader") return target;
    const leader = this.leader();
    return target === "leader" || (leader !== null && this.isHonest(leader)) ? leader : null;
  }

  #addNode(id: ReplicaId, position: number): void {
    const { plan, crypto } = this.#parts;
    const archive: Observer = {
      persisted: (at, operations, disk) => {
        this.#colluders.archive.persisted(operations, disk);
        this.#inboxes.wrote(at, operations);
      },
    };
    const observer = fanOut([archive, this.#parts.observer]);
    const config: CoreConfig = {
      clusterId: CLUSTER,
      self: id,
      replicas: plan.replicas,
      clients: new Set(plan.clients.map((client) => clientId(client.id))),
      constants: plan.constants,
      seed: plan.seed * 1000 + position,
    };
    const world: NodeWorld = {
      now: () => this.now,
      clock: () => this.now * plan.clocks[position]!,
      send: (from, to, packet) => this.#send(from, to, packet),
      reply: (from, reply) => this.#reply(from, reply),
      busy: (from, request, waitMs) => {
        this.stats.busy++;
        this.#desk.busy(this.node(from), request, waitMs);
      },
      observer: this.isHonest(id) ? observer : onlyDisk(observer),
      observe: () => void this.stats.steps++,
      handled: (at) => this.#parts.handled?.(at, this.node(at).state, this.now),
      ...(plan.snapshotBytes === null ? {} : { snapshotBytes: plan.snapshotBytes }),
      crashed: (at) => this.#crashes.happened(at),
      refused: () => void this.stats.refusals++,
      failed: (at, error) => this.#failed(at, error),
    };
    const node = new SimNode(config, world);
    node.sign = (message, body) => crypto.sign("replica", id, message, body);
    node.check = crypto.check;
    const faulty = plan.byzantine.find(({ replica }) => replica === id);
    if (faulty) node.corruptions = corruptionsOf(this.#colluders, faulty);
    this.nodes.set(id, node);
    this.#inboxes.empty(id);
  }

  #start(id: ReplicaId): void {
    this.node(id).start();
    this.stats.starts++;
    this.#inboxes.empty(id);
    this.#ticks.begin(id);
  }

  #send(from: ReplicaId, to: readonly ReplicaId[], packet: Packet): void {
    const honest = this.isHonest(from);
    this.stats.packets++;
    if (!honest) {
      this.stats.byzantinePackets++;
      if (!isDecodable(packet)) return;
      this.#colluders.adversaryView.hear(packet);
    }
    this.#parts.observer.sent?.(from, to, packet, honest ? this.node(from).disk : null, this.now);
    this.#network.send(from, to, packet);
  }

  #reply(from: ReplicaId, reply: ClientReply): void {
    if (this.isHonest(from)) this.#parts.observer.replied?.(from, reply, this.now);
    this.#desk.reply(this.node(from), reply);
  }

  /** Restarts a faulty replica whose core was led into a contradiction by its own lies; an honest one must never be. */
  #failed(id: ReplicaId, error: Error): void {
    if (!this.isHonest(id)) {
      this.stats.liarsStopped++;
      return this.#crashes.restartLater(id, FAULTY_RESTART_MS);
    }
    const { observer } = this.#parts;
    if (!observer.failed) throw error;
    observer.failed(id, error, this.now);
  }
}
