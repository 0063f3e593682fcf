/**
 * Scripted replicas around one shared ledger: real messages, keys, codec, session table and key-value store, no consensus. Scripts alter
 * each replica's answers, so that a client meets liars, silent replicas and forgers one at a time.
 */
import { sha256Hex } from "../../crypto/digest.ts";
import type { KeyFile } from "../../crypto/keys/key_file.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { createVerifier } from "../../crypto/signing/signing.ts";
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
import { queryReply, readPayloads } from "./fake_answers.ts";
import { FakeEpochs } from "./fake_epochs.ts";
import { type FakeRosterOptions, newFakeRoster } from "./fake_roster.ts";
import type { Script } from "./fake_scripts.ts";

/** One packet a replica received. */
export interface Arrival {
  readonly replica: string;
  readonly packet: ClientPacket;
}

interface Member {
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
  readonly keys: Map<string, KeyFile>;
  readonly epochs: FakeEpochs;
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
  readonly log: Request[] = [];
  readonly #table;
  readonly #members = new Map<string, Member>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  /** Order of the last operator command that each replica obeyed. */
  readonly orders = new Map<string, number>();
  #closed = false;

  private constructor(roster: Roster, keys: Map<string, KeyFile>, scripts: Readonly<Record<string, Script>>) {
    this.keys = keys;
    this.epochs = new FakeEpochs(roster, keys);
    this.scripts = { ...scripts };
    this.leader = roster.replicas[0]!.id;
    this.#table = createSessionTable(roster.constants);
  }

  static async start(options: FakeClusterOptions = {}): Promise<FakeCluster> {
    const { roster, keys } = newFakeRoster(options);
    const cluster = new FakeCluster(roster, keys, options.scripts ?? {});
    for (const { id } of roster.replicas) {
      cluster.attach(id, await options.attach?.(id, roster, keys.get(id)!));
    }
    return cluster;
  }

  /** Starts a replica. */
  attach(id: string, transport: ReplicaTransport = this.network.replica(id, [])): void {
    const member = { transport, interventions: new Set<string>(), routes: new Routes(), running: Promise.resolve() };
    this.#members.set(id, member);
    member.running = this.#run(id, member);
  }

  /** The roster in force. */
  get roster(): Roster {
    return this.epochs.newest.roster;
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
    const verifier = createVerifier(nobleBackend, this.roster.cluster);
    while (!this.#closed) {
      for (const { route, frames } of await member.transport.receive(200, 64)) {
        const packet = decodeClientPacket(frames);
        const { message, body, signature } = packet.signed;
        const owner = this.keys.get(message.kind === "SetActive" ? "operator" : message.client);
        if (
          owner === undefined || !verifier.verify(message.kind, body, signature, Uint8Array.fromHex(owner.publicKey))
        ) {
          throw new Error("client sent a bad signature");
        }
        this.arrivals.push({ replica: id, packet });
        if (packet.kind === "GetEpochs" || this.#serves(id, packet)) this.#take(id, packet, route);
      }
    }
  }

  /** Whoever is gone serves ends alone, and so is whoever is no client any more. */
  #serves(id: string, { signed: { message } }: ClientPacket): boolean {
    const { replicas, clients } = this.epochs.of(id).roster;
    const isClient = message.kind === "SetActive" || clients.some((client) => client.id === message.client);
    return isClient && replicas.some((replica) => replica.id === id);
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
  order(request: Signed<Request>): void {
    const { message, body } = request;
    this.index++;
    this.log.push(message);
    if (message.kind === "SendRequest") this.ordered.push(message);
    else this.registers.push(message);
    const answer = applyRequest(
      this.#table,
      message,
      sha256Hex(body),
      logIndex(this.index),
      executing(this.store, this.epochs.judge),
    );
    for (const { id } of this.roster.replicas) this.#reply(id, message, answer);
    if (message.kind === "SendRequest" && message.mode === "roster") {
      this.epochs.ordered(request as Signed<SendRequest>, this.index);
    }
  }

  /** Opens a session for `client` as another process with its key would. */
  openSession(client: string): void {
    const nonce = crypto.getRandomValues(new Uint8Array(16));
    const message = { kind: "RegisterSession", client: clientId(client), base: logIndex(this.index), nonce } as const;
    this.order({ message, body: encodeMessage(message), signature: new Uint8Array(64) });
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
      const [frames] = sealParts(this.epochs.signer(id), head, [{ client, answers: [given] }]);
      this.#send(id, routes, script.frames?.(frames!) ?? frames!);
    }
  }

  #query(id: string, { signed: { message } }: ClientPacket, route: string): void {
    if (message.kind === "FastReads") return this.#read(id, message, route);
    const script = this.scripts[id] ?? {};
    const reply = queryReply(id, replicaId(script.name ?? id), message, this);
    if (reply === null) return;
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
    const [frames] = sealParts(this.epochs.signer(id), head, [{ client, nonce, payloads }]);
    this.#send(id, [route], script.frames?.(frames!) ?? frames!);
  }

  #sign(id: string, routes: readonly string[], message: QueryReply): void {
    const body = encodeMessage(message);
    const signature = this.epochs.signer(id).sign(message.kind, body);
    this.#send(id, routes, encodePacket({ kind: message.kind, signed: { message, body, signature } }));
  }

  #send(id: string, routes: readonly string[], frames: readonly Uint8Array[]): void {
    const marked = this.scripts[id]?.garbage === undefined ? this.epochs.mark(id, frames) : frames;
    const send = () => {
      if (this.#closed) return;
      for (const route of routes) this.#members.get(id)!.transport.sendToClient(route, marked);
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
