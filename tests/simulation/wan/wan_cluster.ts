/** A cluster in a wide area: real cores on one virtual clock, with the time of ways, links and processors. Nothing fails unless it is told to. */
import type { CoreConfig, ProtocolConstants } from "../../../protocol/config.ts";
import { clientId, type Millis, type ReplicaId } from "../../../protocol/ids.ts";
import type { Packet } from "../../../protocol/packet.ts";
import { encodePacket } from "../../../transport/codec/mod.ts";
import { totalBytes } from "../../../transport/frame_limits.ts";
import { Scheduler } from "../network/scheduler.ts";
import { Rng } from "../plan/rng.ts";
import type { Costs } from "./costs.ts";
import { type Geography, oneWayMs, type Site } from "./geography.ts";
import { LeaderWatch } from "./leader_watch.ts";
import { bytesOnWire, Links } from "./links.ts";
import { clientsOf, type Load, WanClients } from "./wan_clients.ts";
import { WanNode } from "./wan_node.ts";

export interface WanOptions {
  readonly seed: number;
  readonly geography: Geography;
  readonly constants: ProtocolConstants;
  /** Bandwidth of each replica's link, sending; Infinity for links that take no time. */
  readonly bytesPerMs: number;
  readonly jitter: number;
  readonly costs: Costs;
}

/** Packets of one kind that were sent, one for each receiver, and their bytes. */
export interface Sent {
  readonly count: number;
  readonly bytes: number;
}

const NONE_SENT: Sent = { count: 0, bytes: 0 };

/** Distance of all machines while the first leader is elected: so that it is the one that is wanted. */
const NEAR_MS: Millis = 0.1;
/** Time within which the first leader is elected, in election timeouts. */
const ELECTION_TIMEOUTS = 20;

export class WanCluster {
  readonly scheduler = new Scheduler();
  readonly nodes = new Map<ReplicaId, WanNode>();
  readonly links: Links;
  readonly watch = new LeaderWatch();
  readonly packets = new Map<Packet["kind"], Sent>();
  /** Terms that had a leader. */
  readonly terms = new Set<number>();
  readonly clients: WanClients;
  readonly #options: WanOptions;
  readonly #sizes = new WeakMap<Packet, number>();
  readonly #regions: Map<string, string>;
  #far = false;

  /** Elects the first leader with all machines in one place; then distances count, and the clients of `load` begin. */
  constructor(options: WanOptions, load: Load) {
    this.#options = options;
    const { seed, geography: { sites, profile }, bytesPerMs, jitter } = options;
    const clients = clientsOf(load);
    this.#regions = new Map([...sites, ...clients].map(({ id, region }) => [id, region]));
    const wayMs = (from: string, to: string) =>
      this.#far ? oneWayMs(profile, this.#regions.get(from)!, this.#regions.get(to)!) : NEAR_MS;
    this.links = new Links({ scheduler: this.scheduler, rng: new Rng(seed, "jitter"), bytesPerMs, jitter, wayMs });
    for (const [position, { id }] of sites.entries()) {
      this.nodes.set(id, this.#createNode(id, position, clients.map((client) => client.id)));
    }
    for (const node of this.nodes.values()) node.start();
    this.#elect();
    this.#far = true;
    const { scheduler, nodes, links } = this;
    const parts = { seed, scheduler, nodes, links, constants: options.constants };
    this.clients = new WanClients(parts, load);
  }

  get leader(): WanNode {
    return this.nodes.get(this.#options.geography.leader.id)!;
  }

  /** Takes down the leader, or the follower that is nearest to it, for good. */
  crash(who: "leader" | "follower"): void {
    const { geography: { profile, leader, sites } } = this.#options;
    const wayMs = ({ region }: Site) => oneWayMs(profile, leader.region, region);
    const followers = sites.filter(({ id }) => id !== leader.id).sort((a, b) => wayMs(a) - wayMs(b));
    this.nodes.get(who === "leader" ? leader.id : followers[0]!.id)!.crash();
  }

  /** Lets virtual time pass. */
  elapse(ms: Millis): void {
    this.scheduler.elapse(ms);
  }

  #elect(): void {
    const { constants, geography: { leader } } = this.#options;
    const isSettled = () => [...this.nodes.values()].every(({ core: { state } }) => state!.commitIndex > 0);
    const settled = this.scheduler.elapse(ELECTION_TIMEOUTS * constants.electionTimeoutMs, isSettled);
    if (!settled || this.leader.core.state?.leadership == null) throw new Error(`${leader.id} does not lead`);
  }

  #createNode(self: ReplicaId, position: number, clients: readonly string[]): WanNode {
    const { seed, geography: { sites, leader }, constants, costs } = this.#options;
    const config: CoreConfig = {
      ...{ clusterId: "simulation", self, constants, seed: seed * 1000 + position },
      replicas: sites.map(({ id }) => id),
      clients: new Set(clients.map(clientId)),
    };
    return new WanNode({
      ...{ config, costs, scheduler: this.scheduler },
      send: (from, to, packet) => this.#send(from, to, packet),
      reply: (from, reply) => this.clients.reply(this.nodes.get(from)!, reply),
      event: (_, { event, fields }) => void (event === "leader" && this.terms.add(Number(fields["term"]))),
      handled: ({ id, state }) => {
        if (id === leader.id && state !== null) this.watch.look(state, this.scheduler.now);
      },
    });
  }

  #send(from: ReplicaId, to: readonly ReplicaId[], packet: Packet): void {
    const bytes = this.#sizeOf(packet);
    const { count, bytes: before } = this.packets.get(packet.kind) ?? NONE_SENT;
    this.packets.set(packet.kind, { count: count + to.length, bytes: before + to.length * bytesOnWire(bytes) });
    for (const id of to) {
      const arrive = () => this.nodes.get(id)!.deliver({ packet });
      if (this.#far) this.links.send(from, id, bytes, arrive);
      else this.links.sendFree(from, id, arrive);
    }
  }

  #sizeOf(packet: Packet): number {
    const bytes = this.#sizes.get(packet) ?? totalBytes(encodePacket(packet));
    this.#sizes.set(packet, bytes);
    return bytes;
  }
}
