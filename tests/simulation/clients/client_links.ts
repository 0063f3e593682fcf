/** All clients of a run, honest and faulty, and the links between them and the replicas. */
import { sha256Hex } from "../../../crypto/digest.ts";
import { ALL_SESSIONS, clientId, type LogIndex, type Millis, type ReplicaId } from "../../../protocol/ids.ts";
import type { Request } from "../../../protocol/message.ts";
import { busyAnswer } from "../../../protocol/reply.ts";
import type { Signed, Verified } from "../../../protocol/signed.ts";
import { fastRead } from "../../../replica/answers/queries.ts";
import { needs } from "../../../replica/answers/routes.ts";
import type { ClientReply } from "../../../replica/core/output.ts";
import { NO_CHANGES } from "../../support/executors.ts";
import type { Network } from "../network/network.ts";
import type { Scheduler } from "../network/scheduler.ts";
import type { SimCrypto } from "../network/sim_crypto.ts";
import { leaderAmong } from "../nodes/leader_among.ts";
import type { Arrival } from "../nodes/node_world.ts";
import type { SimNode } from "../nodes/sim_node.ts";
import type { Observer } from "../observer.ts";
import type { Plan } from "../plan/plan.ts";
import { Rng } from "../plan/rng.ts";
import type { ClientHistory, ClientProcess, ClientWorld } from "./client_world.ts";
import { CLIENT_BEHAVIOURS } from "./faulty_clients.ts";
import { framer } from "./framers.ts";
import { SimClient } from "./sim_client.ts";

const BEHAVIOURS = { ...CLIENT_BEHAVIOURS, framer };

export interface ClientDeskParts {
  readonly plan: Plan;
  readonly crypto: SimCrypto;
  readonly observer: Observer;
  readonly history: ClientHistory;
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly nodes: ReadonlyMap<ReplicaId, SimNode>;
  readonly deliver: (to: ReplicaId, arrival: Arrival) => void;
}

/** The latest hello of a process that a replica has had. */
interface Heard {
  readonly number: number;
  readonly session: LogIndex;
}

export class ClientDesk {
  /** The honest clients. */
  readonly clients: SimClient[] = [];
  readonly #parts: ClientDeskParts;
  /** By process and replica. */
  readonly #heard = new Map<ClientProcess, Map<ReplicaId, Heard>>();
  #hellos = 0;
  #operations = 0;
  #quiet = false;
  #serviceEnds: Millis = 0;

  constructor(parts: ClientDeskParts) {
    this.#parts = parts;
    const { plan, crypto, observer, history, scheduler } = parts;
    const world: ClientWorld = {
      ...{ scheduler, crypto, replicas: plan.replicas, constants: plan.constants, observer, history },
      nextOperation: () => this.#operations++,
      goesOn: () => scheduler.now < this.#serviceEnds || this.clients.some(({ done }) => !done),
      mayAct: () => !this.#quiet,
      request: (client, to, request, intervention) => this.#request(client, to, request, intervention),
      fastRead: (client, query, take) => this.#fastRead(client, query, take),
      hello: (process, session, take) => this.#hello(process, session, take),
      sessionsOf: (client) => this.#sessionsOf(client),
      lowestIn: (client, session) => this.#lowestIn(client, session),
      leader: () => leaderAmong(this.#parts.nodes.values()),
      safetyMs: plan.safetyMs,
    };
    for (const client of plan.clients) {
      const rng = new Rng(plan.seed, client.process === 0 ? client.id : `${client.id}.${client.process}`);
      if (client.behaviour === "honest") this.clients.push(new SimClient(client, world, rng));
      else BEHAVIOURS[client.behaviour](client, world, rng);
    }
  }

  /** Silences all clients, faulty ones included. */
  pause(): void {
    this.#quiet = true;
    for (const client of this.clients) client.pause();
  }

  /** Resumes all clients with the operations their plans want after the healing, for `serviceMs` at least. */
  resume(serviceMs: Millis): void {
    this.#quiet = false;
    this.#serviceEnds = this.#parts.scheduler.now + serviceMs;
    for (const client of this.clients) client.resume(client.plan.afterwards);
  }

  /** True once every honest client had everything answered, for as long as was wanted. */
  get served(): boolean {
    return this.#parts.scheduler.now >= this.#serviceEnds && this.clients.every(({ idle }) => idle);
  }

  /** Takes answers of replica `from` to a client. Each process gets what it needs of them; of a faulty replica, and of those told again, all. */
  reply(from: SimNode, { client, answers, again }: ClientReply): void {
    const { state } = from;
    if (!state) return;
    const hint = from.hint({ leader: state.view.leader, term: state.hard.currentTerm });
    const isFaulty = this.#parts.plan.byzantine.some(({ replica }) => replica === from.id);
    for (const target of this.clients.filter(({ plan }) => plan.id === client)) {
      const session = again || isFaulty ? ALL_SESSIONS : this.#heardOf(target).get(from.id)?.session ?? ALL_SESSIONS;
      const needed = answers.filter((answer) => needs({ route: from.id, session }, answer));
      if (needed.length === 0) continue;
      this.#parts.network.sendOther(from.id, client, () => target.take({ replica: from.id, ...hint, answers: needed }));
    }
  }

  /** Takes the word of replica `from` that it is too busy for a request; of a client's processes only who sent that knows it. */
  busy(from: SimNode, { message: { client }, body }: Signed<Request>, waitMs: Millis): void {
    const { state } = from;
    if (!state) return;
    const hint = from.hint({ leader: state.view.leader, term: state.hard.currentTerm });
    for (const target of this.clients.filter(({ plan }) => plan.id === client)) {
      const answers = [busyAnswer(sha256Hex(body), state.appliedIndex, waitMs)];
      this.#parts.network.sendOther(from.id, client, () => target.take({ replica: from.id, ...hint, answers }));
    }
  }

  #heardOf(process: ClientProcess): Map<ReplicaId, Heard> {
    const heard = this.#heard.get(process) ?? new Map<ReplicaId, Heard>();
    this.#heard.set(process, heard);
    return heard;
  }

  #request(client: string, to: readonly ReplicaId[], signed: Signed<Request>, intervention: boolean): void {
    const { crypto: { check, transmitRequest }, network, deliver } = this.#parts;
    for (const id of to) {
      network.sendOther(client, id, () => {
        const request = transmitRequest(signed) as Verified<Signed<Request>>;
        const claim = {
          role: "client",
          signer: request.message.client,
          kind: request.message.kind,
          signed: request,
        } as const;
        if (check.holds(claim)) deliver(id, { request: { kind: "request", request, intervention, via: null } });
      });
    }
  }

  #hello(...[process, session, take]: Parameters<ClientWorld["hello"]>): void {
    const { nodes, network, plan } = this.#parts;
    const number = this.#hellos++;
    const heard = this.#heardOf(process);
    const faulty = new Set(plan.byzantine.map(({ replica }) => replica));
    for (const [id, node] of nodes) {
      network.sendOther(process.plan.id, id, () => {
        if (!node.state) return;
        // A connection keeps their order, but one may be lost, or come after the command that it was said for.
        if (number >= (heard.get(id)?.number ?? 0)) heard.set(id, { number, session });
        // Faulty ones say what would have a register void at once, or for ever ahead of the log.
        const height = faulty.has(id) ? plan.seed % 2 * 1_000_000 as LogIndex : node.state.appliedIndex;
        network.sendOther(id, process.plan.id, () => take(id, height));
      });
    }
  }

  #sessionsOf(client: string): readonly LogIndex[] {
    const found = new Set<LogIndex>();
    for (const { state } of this.#parts.nodes.values()) {
      const sessions = state?.sessions.clients.get(clientId(client));
      for (const id of [...sessions?.live.keys() ?? [], ...sessions?.closed.keys() ?? []]) found.add(id);
    }
    return [...found].sort((a, b) => b - a);
  }

  #lowestIn(client: string, session: LogIndex): number {
    const found = Array.from(this.#parts.nodes.values(), ({ state }) => {
      const table = state?.sessions.clients.get(clientId(client))?.live.get(session);
      let lowest: number = table?.floor ?? 1;
      while (table?.answers.has(lowest as typeof table.floor)) lowest++;
      return lowest - 1;
    });
    return Math.max(...found);
  }

  #fastRead(client: string, query: Uint8Array, take: Parameters<ClientWorld["fastRead"]>[2]): void {
    const { nodes, network } = this.#parts;
    for (const [id, node] of nodes) {
      network.sendOther(client, id, () => {
        if (!node.state) return;
        const answer = node.reads(fastRead(node.state, { machine: node.machine, changes: NO_CHANGES }, query), query);
        network.sendOther(id, client, () => take(id, answer));
      });
    }
  }
}
