/** All clients of a run, honest and faulty, and the links between them and the replicas. */
import { sha256Hex } from "../../../crypto/digest.ts";
import type { EpochEnd } from "../../../protocol/epochs/epoch_end.ts";
import { ALL_SESSIONS, clientId, type LogIndex, type Millis, type ReplicaId } from "../../../protocol/ids.ts";
import type { Request } from "../../../protocol/message.ts";
import { busyAnswer } from "../../../protocol/reply.ts";
import type { Signed, Verified } from "../../../protocol/signed.ts";
import { fastRead } from "../../../replica/answers/queries.ts";
import { needs } from "../../../replica/answers/routes.ts";
import type { ClientReply } from "../../../replica/core/output.ts";
import type { CoreState } from "../../../replica/core/state.ts";
import type { MemoryDisk } from "../../../replica/storage/memory/memory_disk.ts";
import { epochEndCodec } from "../../../transport/codec/mod.ts";
import { NO_CHANGES } from "../../support/executors.ts";
import type { RunEpochs } from "../epochs/run_epochs.ts";
import type { Network } from "../network/network.ts";
import type { Scheduler } from "../network/scheduler.ts";
import type { SimCrypto } from "../network/sim_crypto.ts";
import { leaderAmong } from "../nodes/leader_among.ts";
import type { Arrival } from "../nodes/node_world.ts";
import type { SimNode } from "../nodes/sim_node.ts";
import type { Observer } from "../observer.ts";
import type { ClientPlan, Plan } from "../plan/plan.ts";
import { Rng } from "../plan/rng.ts";
import type { ClientHistory, ClientProcess, ClientWorld, Reply } from "./client_world.ts";
import { CLIENT_BEHAVIOURS } from "./faulty_clients.ts";
import { Following } from "./following.ts";
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
  /** Null in a run in which rosters do not change. */
  readonly epochs: RunEpochs | null;
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
  readonly #following = new Map<ClientProcess, Following>();
  /** By process and replica. */
  readonly #heard = new Map<ClientProcess, Map<ReplicaId, Heard>>();
  #hellos = 0;
  #operations = 0;
  #quiet = false;
  #serviceEnds: Millis = 0;

  constructor(parts: ClientDeskParts) {
    this.#parts = parts;
    const { plan } = parts;
    for (const client of plan.clients) {
      const rng = new Rng(plan.seed, client.process === 0 ? client.id : `${client.id}.${client.process}`);
      const following = this.#follow(client.id);
      if (client.behaviour === "honest") this.#begin(client, following, rng);
      else BEHAVIOURS[client.behaviour](client, this.#worldOf(following, parts.epochs), rng);
    }
  }

  #begin(plan: ClientPlan, following: Following, rng: Rng): void {
    const client = new SimClient(plan, this.#worldOf(following), rng);
    following.adopted = ({ roster }) => client.adopt(roster.clients.includes(plan.id));
    this.#following.set(client, following);
    this.clients.push(client);
  }

  #follow(client: string): Following {
    const { plan, epochs, scheduler, network, nodes } = this.#parts;
    return new Following({
      ...{ plan, epochs, now: () => scheduler.now },
      ask(replica, from, take) {
        network.sendOther(client, replica, () => {
          const ends = endsFrom(nodes.get(replica)!.disk, from).map((end) => epochs!.kept(end));
          network.sendOther(replica, client, () => take(ends));
        });
      },
    });
  }

  /** Faulty clients need no ends to know whom to ask. */
  #worldOf(following: Following, epochs: RunEpochs | null = null): ClientWorld {
    const { plan, crypto, observer, history, scheduler } = this.#parts;
    return {
      ...{ scheduler, crypto, observer, history },
      get epoch() {
        return following.epoch;
      },
      get replicas() {
        return epochs?.newest.replicas ?? following.replicas;
      },
      get constants() {
        return following.constants;
      },
      nextOperation: () => this.#operations++,
      goesOn: () => scheduler.now < this.#serviceEnds || this.clients.some(({ done }) => !done),
      mayAct: () => !this.#quiet,
      request: (client, to, request, intervention) => this.request(client, to, request, intervention),
      fastRead: (client, query, take) => this.#fastRead(client, query, following, take),
      hello: (process, session, take) => this.#hello(process, session, following, take),
      sessionsOf: (client) => this.sessionsOf(client),
      lowestIn: (client, session) => this.#lowestIn(client, session),
      leader: () => leaderAmong(this.#parts.nodes.values()),
      safetyMs: plan.safetyMs,
    };
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
      this.#send(from.id, state, target, { replica: from.id, ...hint, answers: needed });
    }
  }

  /** Takes the word of replica `from` that it is too busy for a request; of a client's processes only who sent that knows it. */
  busy(from: SimNode, { message: { client }, body }: Signed<Request>, waitMs: Millis): void {
    const { state } = from;
    if (!state) return;
    const hint = from.hint({ leader: state.view.leader, term: state.hard.currentTerm });
    for (const target of this.clients.filter(({ plan }) => plan.id === client)) {
      const answers = [busyAnswer(sha256Hex(body), state.appliedIndex, waitMs)];
      this.#send(from.id, state, target, { replica: from.id, ...hint, answers });
    }
  }

  /** Sends a reply, which names its epoch (§13.12). */
  #send(from: ReplicaId, { genesis: { epoch } }: CoreState, target: SimClient, reply: Reply): void {
    this.#parts.network.sendOther(from, target.plan.id, () => {
      if (this.#following.get(target)!.isOfEpoch(from, epoch)) target.take(reply);
    });
  }

  #heardOf(process: ClientProcess): Map<ReplicaId, Heard> {
    const heard = this.#heard.get(process) ?? new Map<ReplicaId, Heard>();
    this.#heard.set(process, heard);
    return heard;
  }

  /** Sends a request to replicas. */
  request(client: string, to: readonly ReplicaId[], signed: Signed<Request>, intervention: boolean): void {
    const { crypto: { transmitRequest }, network, deliver, nodes } = this.#parts;
    for (const id of to) {
      network.sendOther(client, id, () => {
        const { check } = nodes.get(id)!;
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

  #hello(
    process: ClientProcess,
    session: LogIndex,
    following: Following,
    take: Parameters<ClientWorld["hello"]>[2],
  ): void {
    const { nodes, network, plan } = this.#parts;
    const number = this.#hellos++;
    const heard = this.#heardOf(process);
    const faulty = new Set(plan.byzantine.map(({ replica }) => replica));
    for (const id of following.replicas) {
      const node = nodes.get(id)!;
      network.sendOther(process.plan.id, id, () => {
        if (!node.state) return;
        const { epoch } = node.state.genesis;
        // A connection keeps their order, but one may be lost, or come after the command that it was said for.
        if (number >= (heard.get(id)?.number ?? 0)) heard.set(id, { number, session });
        // Faulty ones say what would have a register void at once, or for ever ahead of the log.
        const height = faulty.has(id) ? plan.seed % 2 * 1_000_000 as LogIndex : node.state.appliedIndex;
        network.sendOther(id, process.plan.id, () => following.isOfEpoch(id, epoch) && take(id, height));
      });
    }
  }

  /** Returns the sessions that replicas have or had open for a client. */
  sessionsOf(client: string): readonly LogIndex[] {
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

  #fastRead(
    client: string,
    query: Uint8Array,
    following: Following,
    take: Parameters<ClientWorld["fastRead"]>[2],
  ): void {
    const { nodes, network } = this.#parts;
    const { epoch: asked } = following; // answers of two epochs are never counted together (§13.12)
    for (const id of following.replicas) {
      const node = nodes.get(id)!;
      network.sendOther(client, id, () => {
        if (!node.state) return;
        const { machine, state, host } = node;
        const changes = host?.epoch.changes ?? NO_CHANGES;
        const answer = node.reads(fastRead(state, { machine, changes }, clientId(client), query), query);
        const { epoch } = state.genesis;
        network.sendOther(id, client, () => following.isOfEpoch(id, epoch) && epoch === asked && take(id, answer));
      });
    }
  }
}

/** Returns the ends on a disk of epochs from one on. */
function endsFrom({ epochs }: MemoryDisk, from: number): EpochEnd[] {
  const ends: EpochEnd[] = [];
  for (let epoch = from;; epoch++) {
    const end = epochs.get(epoch)?.end ?? null;
    if (end === null) return ends;
    ends.push(epochEndCodec.decode(end));
  }
}
