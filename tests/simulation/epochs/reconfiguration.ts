/** The part of a run in which rosters change: its epochs, the operator, each node's host, and the colluders of each epoch. */
import type { ProtocolConstants } from "../../../protocol/config.ts";
import { type LogIndex, logIndex, type ReplicaId } from "../../../protocol/ids.ts";
import type { Packet } from "../../../protocol/packet.ts";
import { quorumOf } from "../../../protocol/quorum.ts";
import type { MemoryDisk } from "../../../replica/storage/memory/memory_disk.ts";
import { keyIn } from "../../support/rosters/plain_rosters.ts";
import type { Colluders } from "../actors/actor.ts";
import { corruptionsOf } from "../actors/support/colluders.ts";
import { markOf, namedBy } from "../network/epoch_marks.ts";
import type { Scheduler } from "../network/scheduler.ts";
import type { SimCrypto } from "../network/sim_crypto.ts";
import type { Arrival } from "../nodes/node_world.ts";
import type { SimNode } from "../nodes/sim_node.ts";
import type { Observer } from "../observer.ts";
import { clockOf, type Plan, type Target } from "../plan/plan.ts";
import { Rng } from "../plan/rng.ts";
import { toleratedBy } from "../plan/tolerance.ts";
import type { RunStats } from "../search/stats.ts";
import { EpochHost } from "./epoch_host.ts";
import { OPERATOR, Operator, type OperatorParts } from "./operator.ts";
import { lists, RunEpochs, type SimEpoch, type SimRoster } from "./run_epochs.ts";

export interface ReconfigurationParts {
  readonly plan: Plan;
  readonly cluster: string;
  readonly crypto: SimCrypto;
  readonly scheduler: Scheduler;
  readonly observer: Observer;
  readonly nodes: ReadonlyMap<ReplicaId, SimNode>;
  readonly stats: RunStats;
  readonly isHonest: (id: ReplicaId) => boolean;
  readonly resolve: (target: Target) => ReplicaId | null;
  readonly send: (from: ReplicaId, to: readonly ReplicaId[], packet: Packet, epoch: number) => void;
  readonly start: (id: ReplicaId) => void;
  /** Creates the faulty replicas of an epoch. */
  readonly colluders: (epoch: SimEpoch, byzantine: Plan["byzantine"]) => Colluders;
  readonly request: OperatorParts["request"];
  readonly sessions: OperatorParts["sessions"];
}

/** Interval at which is looked whether a replica may be started with another key. */
const WAIT_MS = 100;
/** Most packets that faulty replicas remember. */
const MOST_OVERHEARD = 200;
/** Most replicas of a roster. */
const MAX_REPLICAS = 10;

/** The members of an epoch, its number, and its constants. */
export interface LastEpoch {
  readonly members: readonly ReplicaId[];
  readonly epoch: number;
  readonly constants: ProtocolConstants;
}

export class Reconfiguration {
  readonly epochs: RunEpochs;
  readonly #parts: ReconfigurationParts;
  readonly #operator: Operator;
  readonly #colluders = new Map<string, Colluders>();
  readonly #rng: Rng;
  readonly #overheard: { readonly packet: Packet; readonly epoch: number }[] = [];

  constructor(parts: ReconfigurationParts) {
    this.#parts = parts;
    const { plan, crypto, cluster, scheduler, observer, isHonest, resolve, request, sessions } = parts;
    this.#rng = new Rng(plan.seed, "reconfiguration");
    this.epochs = new RunEpochs(firstRoster(plan), crypto, cluster);
    this.#operator = new Operator({
      ...{ plan, crypto, scheduler, observer, request, sessions, epochs: this.epochs },
      sources: {
        ...{ isFaulty: (id) => !isHonest(id), resolve, maxReplicas: MAX_REPLICAS },
        isReached: (after) => this.#isReached(after),
      },
      height: () => this.#height(),
      isRekeyed: () => this.#isRekeyed(),
      startNew: (id, given) => this.#startNew(id, given),
    });
  }

  /** Replicas that may become members, which are started when they are wanted. */
  get joiners(): readonly ReplicaId[] {
    return this.#parts.plan.reconfiguration!.joiners.map(({ id }) => id);
  }

  /** Returns the epochs of a node. */
  hostOf(node: SimNode, position: number): EpochHost {
    const { plan, crypto, scheduler, nodes, send } = this.#parts;
    const { id } = node;
    return new EpochHost({
      ...{ id, crypto, epochs: this.epochs, seed: plan.seed * 1000 + position },
      now: () => scheduler.now * clockOf(plan, id),
      later: (ms, action) => scheduler.schedule(ms, action),
      send: (to, packet, epoch) => send(id, to as readonly ReplicaId[], packet, epoch),
      everyone: () => [...nodes.keys()].filter((other) => other !== id),
      corruptions: (epoch) => this.#corruptions(id, epoch),
      begin: () => node.enter(),
      entered: (epoch) => this.#entered(id, epoch),
      left: (next) => this.#left(id, next),
    });
  }

  /** The last epoch that an honest replica is in. */
  get last(): LastEpoch {
    const { replicas: members, epoch, roster: { constants } } = this.epochs.newest;
    return { members, epoch, constants };
  }

  /** Returns what arrives at `to` of a packet that `from` has sent, over a connection of its own; nothing of what a liar made that no bytes can say. */
  arrivalOf(packet: Packet, from: ReplicaId, to: ReplicaId): Arrival | null {
    const { nodes, isHonest } = this.#parts;
    const epoch = namedBy(packet) ?? 1;
    const arrived = this.#transmit(packet, from, epoch);
    if (arrived === null) return null;
    markOf(arrived, epoch);
    if (!isHonest(to)) this.#overhear(arrived);
    return { packet: arrived, from: { id: from, key: nodes.get(from)!.host!.key } };
  }

  /** Returns the faulty replicas of the epoch that a node is in. */
  colludersOf = (id: ReplicaId): Colluders => this.#colludersIn(this.#parts.nodes.get(id)!.host!.epoch);

  #transmit(packet: Packet, from: ReplicaId, epoch: number): Packet | null {
    const { crypto, isHonest } = this.#parts;
    try {
      return crypto.transmit(packet, epoch);
    } catch (error) {
      if (isHonest(from)) throw error;
      return null;
    }
  }

  /** Takes note of a packet that a faulty replica receives. */
  #overhear(packet: Packet): void {
    const epoch = namedBy(packet);
    if (epoch === null || packet.kind === "Evidence") return;
    const kept = this.#overheard;
    if (kept.length < MOST_OVERHEARD) kept.push({ packet, epoch });
    else kept[this.#rng.int(0, MOST_OVERHEARD - 1)] = { packet, epoch };
  }

  /** Returns how faulty replicas look up what they received in epochs before one, and the ends of these. */
  knownBefore(epoch: number): Pick<Colluders, "earlier" | "ends"> {
    return {
      earlier: () => this.#overheard.filter((each) => each.epoch < epoch).map(({ packet }) => packet),
      ends: () => this.epochs.endsBefore(epoch),
    };
  }

  /** True once every change is done, and every one of `members` has a core in the last epoch. */
  isDone(members: readonly ReplicaId[]): boolean {
    const { nodes } = this.#parts;
    const { newest } = this.epochs;
    return this.#operator.done && members.every((id) => nodes.get(id)!.state?.genesis.epoch === newest.epoch);
  }

  /** Returns whether a node is to be up: not before it is wanted, nor after it has retired. */
  isWanted(id: ReplicaId): boolean {
    const { plan, nodes } = this.#parts;
    const { given, retired } = nodes.get(id)!.host!;
    return !retired && (plan.replicas.includes(id) || given.epoch > 1);
  }

  /** Returns how many may be faulty in every epoch so far, and how many are in the worst of them. */
  get faults(): { readonly most: number; readonly faulty: number } {
    const all = this.epochs.all();
    const most = all.map(({ replicas, roster }) => toleratedBy(replicas.length, roster.constants.profile));
    const faulty = all.map(({ replicas }) => replicas.filter((id) => !this.#parts.isHonest(id)).length);
    return { most: Math.min(...most), faulty: Math.max(...faulty) };
  }

  /** Has a replica that lost its disk start with the latest roster, or the first if that still leads to others. */
  lost(id: ReplicaId): void {
    const { first, newest } = this.epochs;
    const isSame = (each: ReplicaId) => lists(first, { id: each, key: keyIn(newest.roster, each) });
    const others = newest.replicas.filter((each) => each !== id && isSame(each)).length;
    const leadsOn = isSame(id) && others > toleratedBy(first.replicas.length, first.roster.constants.profile);
    this.#parts.nodes.get(id)!.host!.given = leadsOn && this.#rng.chance(0.5) ? first.roster : newest.roster;
  }

  #entered(id: ReplicaId, epoch: SimEpoch): void {
    const { isHonest, stats } = this.#parts;
    if (!isHonest(id)) return;
    this.epochs.entered(epoch);
    stats.epochs = this.epochs.newest.epoch - 1;
  }

  #left(id: ReplicaId, next: SimEpoch): void {
    const { plan, scheduler, nodes, start, stats } = this.#parts;
    stats.retirements++;
    if (!next.replicas.includes(id)) return;
    const { rekeyMs } = plan.reconfiguration!.changes[next.epoch - 2]!;
    const again = (): void => {
      const node = nodes.get(id)!;
      if (node.state !== null) return;
      if (!this.#hasBegun(next, id)) return scheduler.schedule(WAIT_MS, again);
      node.crash();
      start(id);
    };
    scheduler.schedule(rekeyMs, again);
  }

  /** Returns whether somebody who can tell the others has begun an epoch: they do not let in who comes with another key. */
  #hasBegun(next: SimEpoch, but: ReplicaId): boolean {
    const { nodes, isHonest } = this.#parts;
    const before = this.epochs.inForceAt(next.epoch - 1);
    return next.replicas.some((id) =>
      id !== but && isHonest(id) && keyIn(next.roster, id) === keyIn(before.roster, id) &&
      (nodes.get(id)!.state?.genesis.epoch ?? 0) >= next.epoch
    );
  }

  /** Starts a new member, or once more with another roster that it is to begin with; who has a disk is left alone. */
  #startNew(id: ReplicaId, given: SimEpoch): void {
    const { nodes, start } = this.#parts;
    const node = nodes.get(id)!;
    const host = node.host!;
    const waits = host.given.epoch > 1 && !this.epochs.isLost(this.epochs.of(host.given));
    if (!isEmpty(node.disk) || node.state !== null || waits) return;
    node.crash();
    host.given = given.roster;
    start(id);
  }

  #corruptions(id: ReplicaId, epoch: SimEpoch) {
    const faulty = this.#parts.plan.byzantine.find(({ replica }) => replica === id);
    return faulty && epoch.replicas.includes(id) ? corruptionsOf(this.#colludersIn(epoch), faulty) : [];
  }

  #colludersIn(epoch: SimEpoch): Colluders {
    const known = this.#colluders.get(epoch.digest);
    if (known) return known;
    const byzantine = this.#parts.plan.byzantine.filter(({ replica }) => epoch.replicas.includes(replica));
    const made = this.#parts.colluders(epoch, byzantine);
    this.#colluders.set(epoch.digest, made);
    return made;
  }

  /** Returns whether those who are late would be reached: they let in members of their own epoch, of whom more have to stay than may be late themselves. */
  #isReached(after: SimRoster): boolean {
    const { nodes, isHonest } = this.#parts;
    const epochs = new Set(this.epochs.newest.replicas.map((id) => nodes.get(id)!.host!.epoch));
    return [this.epochs.newest, ...epochs].every((epoch) => {
      const { replicas, roster: { constants } } = epoch;
      const { n, quorum } = quorumOf(replicas.length, constants.profile);
      const bridges = replicas.filter((id) =>
        isHonest(id) && after.replicas.includes(id) && lists(epoch, { id, key: keyIn(after, id) })
      );
      return bridges.length > n - quorum;
    });
  }

  #isRekeyed(): boolean {
    const { nodes, isHonest } = this.#parts;
    const { newest } = this.epochs;
    return newest.replicas.every((id) => {
      const { state, host } = nodes.get(id)!;
      const wasRekeyed = keyIn(newest.roster, id) > 0 && isHonest(id);
      return !wasRekeyed || (state?.genesis.epoch === newest.epoch && lists(newest, { id, key: host!.key }));
    });
  }

  #height(): LogIndex {
    const { nodes, isHonest } = this.#parts;
    const heights = [...nodes.values()].filter(({ id }) => isHonest(id)).map(({ state }) => state?.appliedIndex ?? 0);
    return logIndex(Math.max(0, ...heights));
  }
}

/** Returns the roster of the first epoch, with the client by which changes are handed in. */
export const firstRoster = ({ replicas, clients, constants }: Plan): SimRoster => ({
  ...{ epoch: 1, previous: null, replicas, constants },
  clients: [...new Set([...clients.map(({ id }) => id), OPERATOR])],
});

const isEmpty = ({ epochs, epoch, hardState, entries }: MemoryDisk): boolean =>
  epochs.size === 0 && epoch === 1 && hardState.currentTerm === 0 && hardState.recovery === null &&
  entries.length === 0;
