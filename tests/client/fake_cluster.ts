/**
 * Scripted replicas around one shared ledger: real messages, keys, codec, session table and key-value store, no consensus. Scripts alter
 * each replica's answers, so that a client meets liars, silent replicas and forgers one at a time.
 */
import type { ProtocolConstants } from "../../protocol/config.ts";
import { type ClientId, clientId, logIndex, replicaId, term } from "../../protocol/ids.ts";
import type { Answer, QueryReply, Reply, SendRequest } from "../../protocol/message.ts";
import type { ClientPacket } from "../../protocol/packet.ts";
import { applyRequest, createSessionTable, floorOf, statusOf } from "../../protocol/snapshot/session_table.ts";
import { KvStore } from "../../state_machine/mod.ts";
import { decodeClientPacket, encodeMessage, encodePacket, queryResultCodec } from "../../transport/codec/mod.ts";
import { type ClientTransport, MemoryNetwork, type ReplicaTransport } from "../../transport/mod.ts";
import { createKeyRing } from "../../crypto/roster/key_ring.ts";
import { createRoster } from "../../crypto/roster/roster.ts";
import { createSigner, createVerifier, type Signer } from "../../crypto/signing/signing.ts";
import { generateKeyPair } from "../../crypto/keys/key_pair.ts";
import { hex } from "../../crypto/digest.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import type { KeyFile, KeyKind } from "../../crypto/keys/key_file.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";

/** A replica's deviations from the true answers. Everything left out is honest. */
export interface Script {
  /** Answers sent in place of the true one; several make a replica that votes more than once. */
  readonly reply?: (answer: Answer) => readonly Answer[];
  /** Name on the replies, if not the replica's own. */
  readonly name?: string;
  /** Delay of its answers in milliseconds. */
  readonly delayMs?: number;
  /** Answers to queries in place of the true one; null for none. */
  readonly query?: (reply: QueryReply) => QueryReply | null;
  /** Does not order requests as leader, until an intervention deposes it. */
  readonly withholds?: boolean;
  /** Sent in place of any reply. */
  readonly garbage?: () => readonly Uint8Array[];
}

export const SILENT: Script = { reply: () => [], query: () => null };
export const LIAR: Script = { reply: (answer) => [{ ...answer, result: Uint8Array.of(6, 6, 6) }] };

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
  running: Promise<void>;
}

/** Constants of a test cluster unless changed: short, so that interventions come soon. */
const CONSTANTS: Partial<ProtocolConstants> = { electionTimeoutMs: 80, patienceMs: 100, patienceCapMs: 800 };

export interface FakeClusterOptions {
  readonly replicas?: number;
  readonly constants?: Partial<ProtocolConstants>;
  readonly scripts?: Readonly<Record<string, Script>>;
  /** Transport of a replica; in memory by default. */
  readonly attach?: (id: string, roster: Roster) => Promise<ReplicaTransport> | ReplicaTransport;
  /** Client ports, for real transports. */
  readonly ports?: readonly number[];
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
  readonly ordered: SendRequest[] = [];
  readonly #table;
  readonly #routes = new Map<string, Map<string, string>>();
  readonly #members = new Map<string, Member>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #closed = false;

  private constructor(roster: Roster, keys: Map<string, KeyFile>, scripts: Readonly<Record<string, Script>>) {
    this.roster = roster;
    this.keys = keys;
    this.scripts = { ...scripts };
    this.leader = roster.replicas[0]!.id;
    this.#table = createSessionTable(roster.constants.sessionWindow);
  }

  static async start(options: FakeClusterOptions = {}): Promise<FakeCluster> {
    const { roster, keys } = newRoster(options);
    const cluster = new FakeCluster(roster, keys, options.scripts ?? {});
    for (const { id } of roster.replicas) {
      const key = keys.get(id)!;
      const transport = await (options.attach?.(id, roster) ?? cluster.network.replica(id, []));
      const signer = createSigner(nobleBackend, Uint8Array.fromHex(key.secretKey), roster.cluster);
      const member: Member = { key, signer, transport, interventions: new Set(), running: Promise.resolve() };
      cluster.#members.set(id, member);
      member.running = cluster.#run(id, member);
    }
    return cluster;
  }

  /** Returns the key file of a client, replica or the operator. */
  key(id: string): KeyFile {
    return this.keys.get(id)!;
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
        this.#route(id, message.kind === "SetActive" ? "operator" : message.client, route);
        this.#take(id, packet);
      }
    }
  }

  #route(replica: string, client: string, route: string): void {
    const routes = this.#routes.get(replica) ?? new Map<string, string>();
    this.#routes.set(replica, routes.set(client, route));
  }

  #take(id: string, packet: ClientPacket): void {
    switch (packet.kind) {
      case "SendRequest":
        return this.#request(id, packet.signed.message);
      case "UpdateLeader":
        return this.#intervene(id, packet.signed.message);
      case "ClientHello":
        return;
      default:
        return this.#query(id, packet);
    }
  }

  #request(id: string, request: SendRequest): void {
    if (this.#answerAgain(id, request)) return;
    if (id === this.leader && this.scripts[id]?.withholds !== true) this.order(request);
  }

  /** Intervenes without patience: f+1 interventions at once depose a leader that withholds. */
  #intervene(id: string, request: SendRequest): void {
    if (this.#answerAgain(id, request)) return;
    const member = this.#members.get(id)!;
    member.interventions.add(`${request.client} ${request.seq}`);
    const heard = [...this.#members.values()].filter((m) => m.interventions.has(`${request.client} ${request.seq}`));
    if (this.scripts[this.leader]?.withholds !== true) return this.order(request);
    if (heard.length < this.roster.replicas.length) return;
    const next = this.roster.replicas.find((replica) => this.scripts[replica.id]?.withholds !== true)!;
    this.leader = next.id;
    this.leaderTerm++;
    this.order(request);
  }

  #answerAgain(id: string, { client, seq }: SendRequest): boolean {
    const found = statusOf(this.#table, client, seq);
    if (found.status === "answered") this.#reply(id, client, found.answer);
    else if (found.status === "expired") {
      const floor = floorOf(this.#table, client);
      this.#reply(id, client, { seq, index: logIndex(0), outcome: "expired", result: new Uint8Array(0), floor });
    } else return false;
    return true;
  }

  /** Orders and answers `request` as the leader would; its signature is not checked. */
  order(request: SendRequest): void {
    this.index++;
    this.ordered.push(request);
    const context = { index: logIndex(this.index), client: request.client };
    const answer = applyRequest(this.#table, request, context.index, (command) => this.store.apply(command, context));
    for (const { id } of this.roster.replicas) this.#reply(id, request.client, answer);
  }

  #reply(id: string, client: ClientId, answer: Answer): void {
    const script = this.scripts[id] ?? {};
    if (script.garbage !== undefined) return this.#send(id, client, script.garbage());
    for (const given of script.reply?.(answer) ?? [answer]) {
      const replica = replicaId(script.name ?? id);
      const hints = { term: term(this.leaderTerm), leader: replicaId(this.leader) };
      this.#sign(id, client, { kind: "Reply", replica, client, ...hints, answers: [given] });
    }
  }

  #query(id: string, packet: ClientPacket): void {
    const { message } = packet.signed;
    const script = this.scripts[id] ?? {};
    const base = { kind: "QueryReply", replica: replicaId(script.name ?? id), ok: true } as const;
    const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
    let reply: QueryReply;
    if (message.kind === "FastRead") {
      const payload = queryResultCodec.encode(this.store.query(message.query));
      reply = { ...base, client: message.client, nonce: message.nonce, payload };
    } else if (message.kind === "GetCommittedCommand") {
      reply = { ...base, client: message.client, nonce: message.nonce, payload: json(this.#committed(message.index)) };
    } else if (message.kind === "GetStatus") {
      const payload = json(this.#status(id));
      reply = { ...base, client: message.client, nonce: message.nonce, payload };
    } else if (message.kind === "SetActive") {
      reply = { ...base, client: "operator", nonce: message.time, payload: json({ active: message.active }) };
    } else return;
    const given = script.query === undefined ? reply : script.query(reply);
    if (given !== null) this.#sign(id, reply.client, given);
  }

  #status(id: string) {
    return {
      ...{ replica: id, role: id === this.leader ? "leader" : "follower", active: true, term: this.leaderTerm },
      ...{ leader: this.leader, commitIndex: this.index, appliedIndex: this.index, commitHash: "cd".repeat(32) },
      ...{ suspecting: null, evidence: [{ kind: "equivocation", culprit: "r2" }], crypto: { backend: "noble" } },
    };
  }

  #committed(index: number) {
    const request = this.ordered[index - 1];
    if (request === undefined) return { index, none: true, commitIndex: this.index };
    const commands = [{ client: request.client, seq: request.seq, command: request.command.toBase64() }];
    return { index, term: 1, hash: "ab".repeat(32), commands };
  }

  #sign(id: string, client: string, message: Reply | QueryReply): void {
    const body = encodeMessage(message);
    const signature = this.#members.get(id)!.signer.sign(message.kind, body);
    const packet = message.kind === "Reply"
      ? { kind: message.kind, signed: { message, body, signature } }
      : { kind: message.kind, signed: { message, body, signature } };
    this.#send(id, client, encodePacket(packet));
  }

  #send(id: string, client: string, frames: readonly Uint8Array[]): void {
    const send = () => {
      const route = this.#routes.get(id)?.get(client);
      if (route !== undefined && !this.#closed) this.#members.get(id)!.transport.sendToClient(route, frames);
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

function newKey(kind: KeyKind, id: string, operatorKey: string | null): KeyFile {
  const { secretKey, publicKey } = generateKeyPair(nobleBackend);
  const own = hex(publicKey);
  return { kind, id, cluster: "fake", secretKey: hex(secretKey), publicKey: own, operatorKey: operatorKey ?? own };
}

function newRoster({ replicas = 4, constants = {}, ports }: FakeClusterOptions) {
  const operator = newKey("operator", "operator", null);
  const ids = Array.from({ length: replicas }, (_, i) => `r${i + 1}`);
  const nodes = ids.map((id) => newKey("replica", id, operator.publicKey));
  const clients = ["c1", "c2"].map((id) => newKey("client", id, operator.publicKey));
  const roster = createRoster({
    cluster: "fake",
    constants: { ...CONSTANTS, ...constants },
    replicas: nodes.map(({ id, publicKey }, i) => ({
      ...{ id: replicaId(id), publicKey, host: "127.0.0.1" },
      ...{ peerPort: 1000 + i, publishPort: 2000 + i, clientPort: ports?.[i] ?? 3000 + i },
    })),
    clients: clients.map(({ id, publicKey }) => ({ id: clientId(id), publicKey })),
    operatorKey: operator.publicKey,
  }, nobleBackend);
  return { roster, keys: new Map([operator, ...nodes, ...clients].map((key) => [key.id, key])) };
}
