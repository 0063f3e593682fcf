/** A cluster of simulated replicas on one virtual clock: deterministic, every delay and loss decided by the caller. */
import type { ProtocolConstants } from "../../../protocol/config.ts";
import { clientId, type Millis, type ReplicaId, replicaId } from "../../../protocol/ids.ts";
import type { Request, SendRequest } from "../../../protocol/message.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { Signed, Verified } from "../../../protocol/signed.ts";
import { nextDeadline } from "../../../replica/core/next_deadline.ts";
import type { ClientReply, CoreEvent } from "../../../replica/core/output.ts";
import type { CoreState } from "../../../replica/core/state.ts";
import { noteNumber, numberedRequest, openSessions } from "../../support/numbered_requests.ts";
import { Alarms } from "../network/alarms.ts";
import { createFakeSigner, signMessage } from "../network/fake_crypto.ts";
import { Scheduler } from "../network/scheduler.ts";
import type { NodeWorld } from "./node_world.ts";
import { SimNode } from "./sim_node.ts";

export const CONSTANTS: ProtocolConstants = {
  profile: "byzantine",
  electionTimeoutMs: 1000,
  electionTimeoutCapMs: 16_000,
  heartbeatMs: 100,
  patienceMs: 2000,
  patienceCapMs: 32_000,
  officeEntries: 0,
  officeMs: 0,
  paceMs: 0, // patience and timers alone, unless a test wants more
  sessionWindow: 16,
  sessionsPerClient: 4,
  registrationHorizon: 1000,
  checkpointEvery: 1000,
  logTail: 1000,
  fastReads: false,
};

export interface ClusterOptions {
  readonly replicas: number;
  readonly seed?: number;
  readonly constants?: Partial<ProtocolConstants>;
  /** Tick every 10 ms, or only when the core asks to be woken. */
  readonly tick?: "steady" | "deadline";
  /** Returns the milliseconds a packet takes, or null to lose it. Default 1. */
  readonly delay?: (from: ReplicaId, to: ReplicaId, packet: Packet) => number | null;
  readonly hooks?: Pick<NodeWorld, "observe" | "failed"> & {
    readonly event?: (from: ReplicaId, event: CoreEvent) => void;
    readonly sent?: (from: ReplicaId, to: readonly ReplicaId[], packet: Packet) => void;
    /** Called after a node handled something. */
    readonly handled?: (at: ReplicaId) => void;
  };
}

const TICK_MS = 10;

export class SimCluster {
  readonly ids: readonly ReplicaId[];
  readonly nodes: ReadonlyMap<ReplicaId, SimNode>;
  readonly replies: { readonly from: ReplicaId; readonly reply: ClientReply }[] = [];
  readonly #options: ClusterOptions;
  readonly #clients = new Map(["c1", "c2"].map((id) => [id, createFakeSigner("client", id)]));
  readonly #scheduler = new Scheduler();
  readonly #alarms = new Alarms(this.#scheduler, (id) => this.#tick(id));

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.ids = Array.from({ length: options.replicas }, (_, i) => replicaId(`r${i + 1}`));
    const world: NodeWorld = {
      now: () => this.now,
      clock: () => this.now,
      send: (from, to, packet) => this.#send(from, to, packet),
      reply: (from, reply) => this.replies.push({ from, reply }),
      observer: options.hooks?.event ? { event: options.hooks.event } : {},
      ...(options.hooks?.observe ? { observe: options.hooks.observe } : {}),
      ...(options.hooks?.failed ? { failed: options.hooks.failed } : {}),
    };
    const constants = { ...CONSTANTS, ...options.constants };
    const clients = new Set([...this.#clients.keys()].map(clientId));
    const open = (state: CoreState) => openSessions(state.sessions, clients);
    this.nodes = new Map(this.ids.map((self, i) => {
      const seed = (options.seed ?? 1) * 1000 + i;
      const config = { clusterId: "simulation", self, replicas: this.ids, clients, constants, seed };
      return [self, new SimNode(config, { ...world, prepare: open })];
    }));
    for (const [i, id] of this.ids.entries()) {
      this.start(id);
      this.#alarms.set(id, 1 + i);
    }
  }

  node(id: string): SimNode {
    const node = this.nodes.get(replicaId(id));
    if (!node) throw new Error(`no replica ${id}; there are ${this.ids.join(" ")}`);
    return node;
  }

  start(id: string): void {
    this.node(id).start();
  }

  /** Returns a request as client `client` signs it. */
  signRequest(client: string, number: number, floor: number, command: Uint8Array): Verified<Signed<SendRequest>> {
    const signer = this.#clients.get(client);
    if (!signer) throw new Error(`no client ${client}`);
    return noteNumber(
      signMessage(signer, numberedRequest(client, number, floor, command)) as Verified<Signed<SendRequest>>,
    );
  }

  /** Delivers a request to replica `to`, a millisecond later. */
  request(to: string, request: Verified<Signed<Request>>, intervention = false): void {
    this.schedule(1, () => {
      this.node(to).run([{ kind: "request", request, intervention, via: null }]);
      this.#options.hooks?.handled?.(replicaId(to));
      this.#wake(replicaId(to));
    });
  }

  /** Puts a packet on the network as if `from` had sent it. */
  inject(from: string, to: readonly string[], packet: Packet): void {
    this.#send(replicaId(from), to.map(replicaId), packet);
  }

  /** Virtual milliseconds since the start. */
  get now(): number {
    return this.#scheduler.now;
  }

  schedule(delayMs: number, action: () => void): void {
    this.#scheduler.schedule(delayMs, action);
  }

  /** Lets virtual time pass until `done` holds or `ms` are over; true if it held. */
  elapse(ms: number, done?: () => boolean): boolean {
    return this.#scheduler.elapse(ms, done);
  }

  #tick(id: ReplicaId): void {
    this.node(id).receive([], 0);
    this.#options.hooks?.handled?.(id);
    this.#alarms.set(id, this.#deadline(id) ?? this.now + TICK_MS);
  }

  /** Advances a node's alarm if what it handled makes it want an earlier tick, as the event loop asks after every batch. */
  #wake(id: ReplicaId): void {
    const deadline = this.#deadline(id);
    if (deadline !== null) this.#alarms.advance(id, deadline);
  }

  /** Returns the time at which the node asks to be woken, or null if it ticks steadily. */
  #deadline(id: ReplicaId): Millis | null {
    const { state, pressingAt } = this.node(id);
    if (this.#options.tick !== "deadline" || !state) return null;
    return Math.max(this.now + 1, Math.min(nextDeadline(state, this.now), pressingAt));
  }

  #send(from: ReplicaId, to: readonly ReplicaId[], packet: Packet): void {
    this.#options.hooks?.sent?.(from, to, packet);
    for (const replica of to) {
      const delay = this.#options.delay ? this.#options.delay(from, replica, packet) : 1;
      if (delay === null) continue;
      this.schedule(delay, () => {
        this.node(replica).receive([{ packet }]);
        this.#options.hooks?.handled?.(replica);
        this.#wake(replica);
      });
    }
  }
}
