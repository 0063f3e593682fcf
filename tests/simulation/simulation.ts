/** One simulated run: the cluster, its clients and its faults, on one virtual clock, from one plan. */
import type { Millis, ReplicaId } from "../../protocol/ids.ts";
import type { Packet } from "../../protocol/packet.ts";
import type { ClientReply } from "../../replica/core/output.ts";
import type { CoreState } from "../../replica/core/state.ts";
import type { Colluders } from "./actors/actor.ts";
import { corruptionsOf, createColluders } from "./actors/support/colluders.ts";
import { ClientDesk } from "./clients/client_links.ts";
import type { ClientHistory } from "./clients/client_world.ts";
import type { SimClient } from "./clients/sim_client.ts";
import { OPERATOR } from "./epochs/operator.ts";
import { type LastEpoch, Reconfiguration } from "./epochs/reconfiguration.ts";
import type { SimEpoch } from "./epochs/run_epochs.ts";
import { fanOut, onlyDisk } from "./fan_out.ts";
import { markOf } from "./network/epoch_marks.ts";
import { isNetworkFault, Network } from "./network/network.ts";
import { Scheduler } from "./network/scheduler.ts";
import type { SimCrypto } from "./network/sim_crypto.ts";
import { buildNode } from "./nodes/build_node.ts";
import { Crashes } from "./nodes/faults/crashes.ts";
import { DiskFaults } from "./nodes/faults/disk_faults.ts";
import { Leaves } from "./nodes/faults/leaves.ts";
import { Inboxes } from "./nodes/inboxes.ts";
import { leaderAmong } from "./nodes/leader_among.ts";
import type { NodeWorld } from "./nodes/node_world.ts";
import { isDecodable } from "./nodes/possible.ts";
import type { SimNode } from "./nodes/sim_node.ts";
import { Ticks } from "./nodes/ticks.ts";
import type { Observer } from "./observer.ts";
import { clockOf, type Plan, type Target } from "./plan/plan.ts";
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
  /** All clients, and what is asked of them. */
  readonly desk: ClientDesk;
  readonly #parts: SimulationParts;
  /** Null in a run in which rosters do not change. */
  readonly #changes: Reconfiguration | null;
  readonly #network: Network;
  readonly #byzantine: ReadonlySet<ReplicaId>;
  readonly #inboxes: Inboxes;
  readonly #ticks: Ticks;
  readonly #colluders: Colluders;
  readonly #crashes: Crashes;
  readonly #leaves: Leaves;
  readonly #disks: DiskFaults;
  readonly #down = new Set<ReplicaId>();
  /** Set once the faulty replicas have fallen silent for good. */
  #silenced = false;

  constructor(parts: SimulationParts) {
    const plan = this.plan = parts.plan;
    this.#parts = parts;
    this.#byzantine = new Set(plan.byzantine.map(({ replica }) => replica));
    this.#network = new Network({
      ...{ scheduler: this.scheduler, latencyMs: plan.latencyMs, replicas: plan.replicas },
      rng: new Rng(plan.seed, "network"),
      faults: plan.faults.filter(isNetworkFault),
      resolve: (target) => this.resolve(target),
      deliver: (to, packet, from) => {
        const [changes, { crypto }] = [this.#changes, parts];
        const arrived = changes ? changes.arrivalOf(packet, from, to) : { packet: crypto.transmit(packet, 1) };
        if (arrived !== null) this.#inboxes.deliver(to, arrived);
      },
    });
    this.#inboxes = new Inboxes({
      ...{ scheduler: this.scheduler, batchMs: plan.batchMs, writeMs: plan.writeMs ?? 0 },
      handle: (at, arrivals) => {
        this.node(at).receive(arrivals, this.#ticks.lateness(at));
        this.#ticks.rearm(at);
      },
    });
    const common = {
      ...{ plan, scheduler: this.scheduler, nodes: this.nodes, stats: this.stats },
      start: (id: ReplicaId) => this.#start(id),
      resolve: (target: Target) => this.resolve(target),
      isHonest: (id: ReplicaId) => this.isHonest(id),
    };
    this.#ticks = new Ticks({ ...common, inboxes: this.#inboxes });
    this.#changes = plan.reconfiguration === undefined ? null : new Reconfiguration({
      ...{ ...common, crypto: parts.crypto, observer: parts.observer, cluster: CLUSTER },
      send: (...call) => this.#send(...call),
      colluders: (at, byzantine) => this.#conspire({ seed: plan.seed, byzantine, replicas: at.replicas }, at),
      request: (...call) => this.desk.request(OPERATOR, ...call),
      sessions: () => this.desk.sessionsOf(OPERATOR),
    });
    this.#colluders = this.#conspire(plan);
    this.#crashes = new Crashes(common);
    this.#leaves = new Leaves(this);
    this.#disks = new DiskFaults({
      ...common,
      faults: () => this.#changes?.faults ?? { most: this.#tolerated, faulty: this.#byzantine.size },
      isMember: (id) => this.last.members.includes(id),
      lost: (id) => this.#changes?.lost(id),
      restartLater: (id, downMs) => this.#crashes.restartLater(id, downMs),
    });
    [...plan.replicas, ...this.#changes?.joiners ?? []].forEach((id, position) => this.#addNode(id, position));
    for (const id of plan.replicas) this.#start(id);
    this.#crashes.schedule(plan.faults);
    this.#disks.schedule(plan.faults);
    this.desk = new ClientDesk({
      ...{ plan, crypto: parts.crypto, observer: parts.observer, history: parts.history },
      ...{ scheduler: this.scheduler, network: this.#network, nodes: this.nodes },
      deliver: (to, arrival) => this.#inboxes.deliver(to, arrival),
      epochs: this.#changes?.epochs ?? null,
    });
  }

  /** Replicas of the last epoch that an honest one is in, its number, and its constants. */
  get last(): LastEpoch {
    const { replicas: members, constants } = this.plan;
    return this.#changes?.last ?? { members, constants, epoch: 1 };
  }

  /** True once the changes of the roster are done, and every survivor is in the last epoch. */
  get isInLastEpoch(): boolean {
    return this.#changes?.isDone(this.survivors) ?? true;
  }

  get #tolerated(): number {
    return toleratedBy(this.last.members.length, this.last.constants.profile);
  }

  get now(): Millis {
    return this.scheduler.now;
  }

  isHonest(id: ReplicaId): boolean {
    return !this.#byzantine.has(id);
  }

  get clients(): readonly SimClient[] {
    return this.desk.clients;
  }

  /** Honest replicas that have lost their disk and are still learners. */
  get learners(): ReplicaId[] {
    return this.#disks.learners;
  }

  /** True if more replicas are faulty, learners or to stay down than permitted: then no service is owed. */
  get exceeds(): boolean {
    const faulty = this.last.members.filter((id) => this.#byzantine.has(id));
    return new Set([...faulty, ...this.learners, ...this.#down]).size > this.#tolerated;
  }

  /** Honest replicas that are to be up once the network has healed. */
  get survivors(): ReplicaId[] {
    return this.last.members.filter((id) => this.isHonest(id) && !this.#down.has(id));
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
    for (const [id, node] of this.nodes) {
      if (this.#changes?.isWanted(id) === false) continue;
      if (this.#down.has(id) || (this.#silenced && !this.isHonest(id))) {
        node.crash();
      } else if (this.isHonest(id)) {
        node.disarm();
        if (!node.up) this.#start(id);
      }
    }
  }

  /** Takes `id` down, and restarts it a moment later. */
  bounce(id: ReplicaId): void {
    this.node(id).crash();
    this.scheduler.schedule(1, () => this.node(id).up || this.#start(id));
  }

  /** Returns the replica that `target` means now. */
  resolve(target: Target): ReplicaId | null {
    if (target !== "leader" && target !== "honest-leader") return target;
    const leader = this.leader();
    return target === "leader" || (leader !== null && this.isHonest(leader)) ? leader : null;
  }

  #conspire(plan: Pick<Plan, "byzantine" | "replicas" | "seed">, at?: SimEpoch): Colluders {
    const epoch = at?.epoch ?? 1;
    return createColluders({
      ...{ clusterId: CLUSTER, plan, crypto: this.#parts.crypto, scheduler: this.scheduler },
      ...(at ? { at, ...this.#changes?.knownBefore(epoch) } : {}),
      send: (from, to, packet) => this.#silenced || this.#send(from, to, packet, epoch),
      reply: (from, reply) => this.#silenced || this.#reply(from, reply),
      nodes: this.nodes,
    });
  }

  #colludersOf = (id: ReplicaId): Colluders => this.#changes?.colludersOf(id) ?? this.#colluders;

  #addNode(id: ReplicaId, position: number): void {
    const { plan, crypto } = this.#parts;
    const archive: Observer = {
      persisted: (at, operations, disk) => {
        this.#colludersOf(at).archive.persisted(operations, disk);
        this.#inboxes.wrote(at, operations);
      },
    };
    const observer = fanOut([archive, this.#parts.observer]);
    const world: NodeWorld = {
      now: () => this.now,
      ...{ clock: () => this.now * clockOf(plan, id), waits: plan.waits ?? false },
      send: (...call) => this.#send(...call),
      entered: (at) => this.#ticks.begin(at),
      reply: (from, reply) => this.#reply(from, reply),
      busy: (from, request, waitMs) => {
        this.stats.busy++;
        this.desk.busy(this.node(from), request, waitMs);
      },
      observer: this.isHonest(id) ? observer : onlyDisk(observer),
      observe: () => void this.stats.steps++,
      handled: (at) => this.#parts.handled?.(at, this.node(at).state, this.now),
      ...(plan.snapshotBytes === null ? {} : { snapshotBytes: plan.snapshotBytes }),
      crashed: (at) => this.#crashes.happened(at),
      refused: () => void this.stats.refusals++,
      failed: (at, error) => this.#failed(at, error),
    };
    const node = buildNode(plan, CLUSTER, crypto, id, position, world);
    const faulty = plan.byzantine.find(({ replica }) => replica === id);
    if (this.#changes !== null) node.host = this.#changes.hostOf(node, position);
    else if (faulty) node.corruptions = corruptionsOf(this.#colluders, faulty);
    this.nodes.set(id, node);
    this.#inboxes.empty(id);
  }

  #start(id: ReplicaId): void {
    this.node(id).start();
    this.stats.starts++;
    this.#inboxes.empty(id);
    this.#ticks.begin(id);
  }

  #send(from: ReplicaId, to: readonly ReplicaId[], packet: Packet, epoch: number): void {
    const honest = this.isHonest(from);
    if (this.#changes !== null) markOf(packet, epoch);
    this.stats.packets++;
    if (!honest) {
      this.stats.byzantinePackets++;
      if (!isDecodable(packet)) return;
      this.#colludersOf(from).adversaryView.hear(packet);
    }
    this.#parts.observer.sent?.(from, to, packet, honest ? this.node(from).disk : null, this.now);
    this.#network.send(from, this.#changes === null ? to : to.map(ownerIn), packet);
  }

  #reply(from: ReplicaId, reply: ClientReply): void {
    if (this.isHonest(from)) this.#parts.observer.replied?.(from, reply, this.now);
    this.desk.reply(this.node(from), reply);
  }

  /** Restarts a faulty replica whose core was led into a contradiction by its own lies; an honest one must never be. */
  #failed(id: ReplicaId, error: Error): void {
    if (!this.isHonest(id)) {
      this.stats.liarsStopped++;
      return this.#crashes.restartLater(id, FAULTY_RESTART_MS);
    }
    if (!this.#parts.observer.failed) throw error;
    this.#parts.observer.failed(id, error, this.now);
  }
}

/** Returns who a name of a peer is of, which may name an earlier epoch. */
const ownerIn = (name: ReplicaId): ReplicaId => name.split("@")[0] as ReplicaId;
