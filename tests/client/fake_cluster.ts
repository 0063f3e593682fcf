/**
 * Scripted replicas around one shared ledger: real messages, keys, codec, session table and key-value store, no consensus. Scripts alter
 * each replica's answers, so that a client meets liars, silent replicas and forgers one at a time.
 */
import { sha256Hex } from "../../crypto/digest.ts";
import type { KeyFile } from "../../crypto/keys/key_file.ts";
import { createKeyRing } from "../../crypto/roster/key_ring.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { createSigner, createVerifier, type Signer } from "../../crypto/signing/signing.ts";
import { clientId, logIndex, replicaId, term } from "../../protocol/ids.ts";
import type {
  Answer,
  BusyAnswer,
  ClientHello,
  FastReads,
  QueryReply,
  RegisterSession,
  Request,
  SendRequest,
} from "../../protocol/message.ts";
import type { ClientPacket } from "../../protocol/packet.ts";
import { busyAnswer } from "../../protocol/reply.ts";
import type { Signed } from "../../protocol/signed.ts";
import { applyRequest, createSessionTable, standingOf } from "../../protocol/snapshot/session_table.ts";
import { needs, Routes } from "../../replica/answers/routes.ts";
import { sealParts } from "../../replica/answers/seal_parts.ts";
import { sessionAnswer } from "../../replica/core/clients/session_answer.ts";
import { KvStore } from "../../state_machine/mod.ts";
import { decodeClientPacket, encodeMessage, encodePacket, helloAnswerCodec } from "../../transport/codec/mod.ts";
import { type ClientTransport, MemoryNetwork, type ReplicaTransport } from "../../transport/mod.ts";
import { executing } from "../support/executors.ts";
import { committedAt, readPayloads } from "./fake_answers.ts";
import { type FakeRosterOptions, newFakeRoster } from "./fake_roster.ts";
import type { Script } from "./fake_scripts.ts";

/** One packet a replica received. */
export interface Arrival {
  readonly replica: string;
  readonly packet: ClientPacket;
}

interface Member {
  readonly key: KeyFile;
  readonly signer: Signer;
  readonly transport: ReplicaTransport;
  readonly interventions: Set<string>;
  readonly routes: Routes;
  running: Promise<void>;
}

export interface FakeClusterOptions extends FakeRosterOptions {
  readonly scripts?: Readonly<Record<string, Script>>;
  /** Transport of a replica; in memory by default. */
  readonly attach?: (id: string, roster: Roster, key: KeyFile) => Promise<ReplicaTransport> | ReplicaTransport;
}

/** A cluster that answers; must be closed in every case. */
export class FakeCluster {
  readonly roster: Roster;
  readonly keys: ReadonlyMap<string, KeyFile>;
  readonly network = new MemoryNetwork();
  readonly store = new KvStore();
  readonly arrivals: Arrival[] = [];
  readonly scripts: Record<string, Script>;
  leader: string;
  leaderTerm = 1;
  index = 0;
  /** Commands, and registers, in the order they were ordered. */
  readonly ordered: SendRequest[] = [];
  readonly registers: RegisterSession[] = [];
  readonly #log: Request[] = [];
  readonly #table;
  readonly #members = new Map<string, Member>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  /** Order of the last operator command that each replica obeyed. */
  readonly #orders = new Map<string, number>();
  #closed = false;

  private constructor(roster: Roster, keys: Map<string, KeyFile>, scripts: Readonly<Record<string, Script>>) {
    this.roster = roster;
    this.keys = keys;
    this.scripts = { ...scripts };
    this.leader = roster.replicas[0]!.id;
    this.#table = createSessionTable(roster.constants);
  }

  static async start(options: FakeClusterOptions = {}): Promise<FakeCluster> {
    const { roster, keys } = newFakeRoster(options);
    const cluster = new FakeCluster(roster, keys, options.scripts ?? {});
    for (const { id } of roster.replicas) {
      const key = keys.get(id)!;
      const transport = await (options.attach?.(id, roster, keys.get(id)!) ?? cluster.network.replica(id, []));
      const signer = createSigner(nobleBackend, Uint8Array.fromHex(key.secretKey), roster.cluster);
      const own = { interventions: new Set<string>(), routes: new Routes(), running: Promise.resolve() };
      const member: Member = { key, signer, transport, ...own };
      cluster.#members.set(id, member);
      member.running = cluster.#run(id, member);
    }
    return cluster;
  }

  /** Returns the key file of a client, replica or the operator. */
  key(id: string): KeyFile {
    return this.keys.get(id)!;
  }

  /** Returns the hellos that `replica` has received; it answers from the second on. */
  hellosAt(replica: string): ClientHello[] {
    return this.arrivals.filter((arrival) => arrival.replica === replica).map(({ packet }) => packet.signed.message)
      .filter((message) => message.kind === "ClientHello");
  }

  /** Creates a memory transport for a client process. */
  transport(): ClientTransport {
    return this.network.client(this.roster.replicas.map(({ id }) => id));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const { transport, running } of this.#members.values()) {
      transport.wake();
      await running;
      await transport.close();
    }
  }

  async #run(id: string, member: Member): Promise<void> {
    const keys = createKeyRing(this.roster);
    const verifier = createVerifier(nobleBackend, this.roster.cluster);
    while (!this.#closed) {
      for (const { route, frames } of await member.transport.receive(200, 64)) {
        const packet = decodeClientPacket(frames);
        const { message, body, signature } = packet.signed;
        const key = message.kind === "SetActive" ? keys.operatorKey : keys.clientKey(message.client);
        if (key === null || !verifier.verify(message.kind, body, signature, key)) {
          throw new Error("client sent a bad signature");
        }
        this.arrivals.push({ replica: id, packet });
        this.#take(id, packet, route);
      }
    }
  }

  #take(id: string, packet: ClientPacket, route: string): void {
    switch (packet.kind) {
      case "SendRequest":
      case "RegisterSession":
        return this.#request(id, packet.signed);
      case "UpdateLeader":
        return this.#intervene(id, packet.signed);
      case "ClientHello":
        return this.#greet(id, packet.signed.message, route);
      default:
        return this.#query(id, packet, route);
    }
  }

  #greet(id: string, hello: ClientHello, route: string): void {
    if (this.scripts[id]?.hears?.(hello) === false) return;
    const { client, session, challenge } = hello;
    const { routes } = this.#members.get(id)!;
    if (routes.isFor(client, route, challenge)) return routes.greet(client, route, session, performance.now());
    const appliedIndex = logIndex(this.scripts[id]?.height ?? this.index);
    const payload = helloAnswerCodec.encode({ challenge: routes.challenge(client, route), appliedIndex });
    this.#sign(id, [route], { kind: "QueryReply", replica: replicaId(id), client, nonce: 0, ok: true, payload });
  }

  #request(id: string, request: Signed<Request>): void {
    if (this.#answerAgain(id, request)) return;
    if (id !== this.leader || this.#withheld(id, request)) return;
    const waitMs = this.scripts[id]?.busyMs?.(request) ?? null;
    if (waitMs === null) this.order(request);
    else this.#reply(id, request.message, busyAnswer(sha256Hex(request.body), logIndex(this.index), waitMs), true);
  }

  /** Intervenes without patience: f+1 interventions at once depose a leader that withholds. */
  #intervene(id: string, request: Signed<Request>): void {
    if (this.#answerAgain(id, request)) return;
    const member = this.#members.get(id)!;
    const digest = sha256Hex(request.body);
    member.interventions.add(digest);
    const heard = [...this.#members.values()].filter((m) => m.interventions.has(digest));
    if (!this.#withheld(this.leader, request)) return this.order(request);
    if (heard.length < this.roster.replicas.length) return;
    const next = this.roster.replicas.find((replica) => this.scripts[replica.id]?.withholds !== true)!;
    this.leader = next.id;
    this.leaderTerm++;
    this.order(request);
  }

  /** Registers are ordered all the same. */
  #withheld(id: string, { message }: Signed<Request>): boolean {
    return this.scripts[id]?.withholds === true && message.kind === "SendRequest";
  }

  #answerAgain(id: string, { message, body }: Signed<Request>): boolean {
    const found = standingOf(this.#table, message, sha256Hex(body), logIndex(this.index));
    if ("answer" in found) this.#reply(id, message, found.answer, true);
    return "answer" in found;
  }

  /** Orders and answers `request` as the leader would; its signature is not checked. */
  order({ message, body }: Pick<Signed<Request>, "message" | "body">): void {
    this.index++;
    this.#log.push(message);
    if (message.kind === "SendRequest") this.ordered.push(message);
    else this.registers.push(message);
    const answer = applyRequest(this.#table, message, sha256Hex(body), logIndex(this.index), executing(this.store));
    for (const { id } of this.roster.replicas) this.#reply(id, message, answer);
  }

  /** Opens a session for `client` as another process with its key would. */
  openSession(client: string): void {
    const nonce = crypto.getRandomValues(new Uint8Array(16));
    const message = { kind: "RegisterSession", client: clientId(client), base: logIndex(this.index), nonce } as const;
    this.order({ message, body: encodeMessage(message) });
  }

  /** `again` goes to all routes of the client: the one that asked is among them. */
  #reply(id: string, request: Request, answer: Answer | BusyAnswer, again = false): void {
    const [{ kind, client }, script] = [request, this.scripts[id] ?? {}];
    const routes = this.#members.get(id)!.routes.of(client, performance.now())
      .filter((listener) => again || needs(listener, sessionAnswer(request, answer as Answer))).map(({ route }) =>
        route
      );
    if (script.garbage !== undefined) return this.#send(id, routes, script.garbage());
    const bent = kind === "SendRequest" ? script.reply : script.register;
    for (const given of bent?.(answer as Answer) ?? [answer]) {
      const hint = { term: term(this.leaderTerm), leader: replicaId(this.leader) };
      const head = { replica: replicaId(script.name ?? id), ...hint };
      const [frames] = sealParts(this.#members.get(id)!.signer, head, [{ client, answers: [given] }]);
      this.#send(id, routes, script.frames?.(frames!) ?? frames!);
    }
  }

  #query(id: string, packet: ClientPacket, route: string): void {
    const [{ message }, script] = [packet.signed, this.scripts[id] ?? {}];
    const base = { kind: "QueryReply", replica: replicaId(script.name ?? id), ok: true } as const;
    const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
    let reply: QueryReply;
    if (message.kind === "FastReads") return this.#read(id, message, route);
    if (message.kind === "GetCommittedCommand") {
      const payload = json(committedAt(this.#log, message.index));
      reply = { ...base, client: message.client, nonce: message.nonce, payload };
    } else if (message.kind === "GetStatus") {
      reply = { ...base, client: message.client, nonce: message.nonce, payload: json(this.#status(id)) };
    } else if (message.kind === "SetActive") {
      const obeyed = this.#orders.get(id) ?? 0;
      const ok = message.order > obeyed;
      if (ok) this.#orders.set(id, message.order);
      const payload = json(ok ? { active: message.active } : { error: "an old order", obeyed });
      reply = { ...base, ok, client: "operator", nonce: message.nonce, payload };
    } else return;
    const given = script.query === undefined ? reply : script.query(reply);
    if (given !== null) this.#sign(id, [route], given);
  }

  /** Scripts alter the answer to each of the reads as if it were one to a query. */
  #read(id: string, { client, nonce, queries }: FastReads, route: string): void {
    const script = this.scripts[id] ?? {};
    const replica = replicaId(script.name ?? id);
    const payloads = readPayloads(script, this.store, queries, { replica, client, nonce });
    if (payloads === null) return;
    const head = { replica, term: term(this.leaderTerm), leader: replicaId(this.leader) };
    const [frames] = sealParts(this.#members.get(id)!.signer, head, [{ client, nonce, payloads }]);
    this.#send(id, [route], script.frames?.(frames!) ?? frames!);
  }

  #status(id: string) {
    return {
      ...{ replica: id, role: id === this.leader ? "leader" : "follower", active: true, term: this.leaderTerm },
      ...{ leader: this.leader, commitIndex: this.index, appliedIndex: this.index, commitHash: "cd".repeat(32) },
      ...{ suspecting: null, evidence: [{ kind: "equivocation", culprit: "r2" }], crypto: { backend: "noble" } },
    };
  }

  #sign(id: string, routes: readonly string[], message: QueryReply): void {
    const body = encodeMessage(message);
    const signature = this.#members.get(id)!.signer.sign(message.kind, body);
    this.#send(id, routes, encodePacket({ kind: message.kind, signed: { message, body, signature } }));
  }

  #send(id: string, routes: readonly string[], frames: readonly Uint8Array[]): void {
    const send = () => {
      if (this.#closed) return;
      for (const route of routes) this.#members.get(id)!.transport.sendToClient(route, frames);
    };
    const delayMs = this.scripts[id]?.delayMs ?? 0;
    if (delayMs === 0) return send();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      send();
    }, delayMs);
    this.#timers.add(timer);
  }
}
