/** Clients of a wide area: the simulation's honest ones, some in each region, and the way of what they send and get. */
import type { ProtocolConstants } from "../../../protocol/config.ts";
import { ALL_SESSIONS, type Millis, type ReplicaId } from "../../../protocol/ids.ts";
import type { Request } from "../../../protocol/message.ts";
import type { Signed, Verified } from "../../../protocol/signed.ts";
import type { ClientReply } from "../../../replica/core/output.ts";
import type { ClientWorld } from "../clients/client_world.ts";
import { SimClient } from "../clients/sim_client.ts";
import type { Scheduler } from "../network/scheduler.ts";
import { createFakeCrypto } from "../network/sim_crypto.ts";
import type { ClientPlan } from "../plan/plan.ts";
import { Rng } from "../plan/rng.ts";
import type { Links } from "./links.ts";
import type { WanNode } from "./wan_node.ts";

/** The load: what clients want at a time. */
export interface Load {
  readonly regions: readonly string[];
  /** Clients in each region, each with a key of its own. */
  readonly clients: number;
  /** Writes that each of them has under way. */
  readonly outstanding: number;
  readonly valueBytes: number;
}

export interface WanClient {
  readonly id: string;
  readonly region: string;
}

export interface WanClientsParts {
  readonly seed: number;
  readonly scheduler: Scheduler;
  readonly constants: ProtocolConstants;
  readonly nodes: ReadonlyMap<ReplicaId, WanNode>;
  readonly links: Links;
}

/** A write that was answered. */
export interface Answered {
  readonly region: string;
  readonly at: Millis;
  readonly ms: Millis;
}

/** More than any run does. */
const ENDLESS = 1e9;
const KEYS = 4;
/** Time over which clients begin. */
const RAMP_MS = 1000;
/** Longest pause between an answer and the next write, so that clients do not write in step. */
const THINK_MS = 1;
/** Bytes of a request and of an answer besides what was asked and answered. */
const ANSWER_BYTES = 150;
const REPLY_BYTES = 150;

/** Returns the clients of a load. */
export const clientsOf = ({ regions, clients }: Load): WanClient[] =>
  regions.flatMap((region, at) => Array.from({ length: clients }, (_, i) => ({ id: `c${at + 1}.${i + 1}`, region })));

const planOf = ({ id }: WanClient, { outstanding, valueBytes }: Load): ClientPlan => ({
  ...{ id, process: 0, restarts: 0, clockMs: 0, behaviour: "honest", intervenes: true },
  ...{ operations: ENDLESS, afterwards: 0, concurrency: outstanding, thinkMs: THINK_MS, keys: KEYS, valueBytes },
  ...{ reads: 0, cas: 0, deletes: 0 },
});

export class WanClients {
  readonly answered: Answered[] = [];
  readonly sent = { repeats: 0, interventions: 0 };
  readonly #parts: WanClientsParts;
  readonly #clients = new Map<string, SimClient>();
  readonly #regions: ReadonlyMap<string, string>;
  readonly #seen = new WeakSet<Signed<Request>>();
  readonly #begun = new Map<number, { readonly client: string; readonly at: Millis }>();
  #operations = 0;

  constructor(parts: WanClientsParts, load: Load) {
    const clients = clientsOf(load);
    this.#parts = parts;
    this.#regions = new Map(clients.map(({ id, region }) => [id, region]));
    const world = this.#world();
    for (const client of clients) {
      const rng = new Rng(parts.seed, client.id);
      const begin = () => this.#clients.set(client.id, new SimClient(planOf(client, load), world, rng));
      parts.scheduler.schedule(rng.next() * RAMP_MS, begin);
    }
  }

  /** Takes answers of replica `from`, which are about to leave it. */
  reply(from: WanNode, { client, answers }: ClientReply): void {
    const target = this.#clients.get(client);
    const { state, id } = from.core;
    if (target === undefined || state === null) return;
    const reply = { replica: id, leader: state.view.leader, term: state.hard.currentTerm, answers };
    const bytes = answers.reduce((sum, { result }) => sum + ANSWER_BYTES + result.length, REPLY_BYTES);
    this.#parts.links.send(id, client, bytes, () => target.take(reply));
  }

  #world(): ClientWorld {
    const { scheduler, constants, nodes } = this.#parts;
    return {
      ...{ epoch: 1, scheduler, constants, crypto: createFakeCrypto(), replicas: [...nodes.keys()], observer: {} },
      history: {
        invoke: (operation, client, _command, at) => void this.#begun.set(operation, { client, at }),
        finish: (operation, result, now) => this.#finish(operation, result, now),
      },
      nextOperation: () => this.#operations++,
      goesOn: () => true,
      mayAct: () => true,
      request: (...call) => this.#request(...call),
      hello: (...call) => this.#hello(...call),
      sessionsOf: () => [ALL_SESSIONS],
      lowestIn: () => 0,
      leader: () => null,
      safetyMs: 0,
      fastRead: () => {},
    };
  }

  #request(client: string, to: readonly ReplicaId[], signed: Signed<Request>, intervention: boolean): void {
    // Whoever is heard of only now is sent what is under way; that is no repeat.
    if (this.#seen.has(signed) && to.length > 1) this.sent.repeats++;
    this.#seen.add(signed);
    if (intervention) this.sent.interventions++;
    const request = signed as Verified<Signed<Request>>;
    for (const id of to) {
      const node = this.#parts.nodes.get(id)!;
      this.#parts.links.sendFree(client, id, () => {
        node.deliver({ request: { kind: "request", request, intervention, via: null } });
      });
    }
  }

  #hello(...[process, , take]: Parameters<ClientWorld["hello"]>): void {
    const { nodes, links } = this.#parts;
    for (const [id, { core }] of nodes) {
      links.sendFree(process.plan.id, id, () => {
        const { state } = core;
        if (state !== null) links.send(id, process.plan.id, REPLY_BYTES, () => take(id, state.appliedIndex));
      });
    }
  }

  #finish(operation: number, result: Uint8Array | null, now: Millis): void {
    const { client, at } = this.#begun.get(operation)!;
    this.#begun.delete(operation);
    if (result !== null) this.answered.push({ region: this.#regions.get(client)!, at: now, ms: now - at });
  }
}
