/**
 * Sessions as §7.1 says, written down once more for the checkers, since a mutated core has them wrong; and what became of every
 * request on the committed chain.
 */
import type { RequestMode } from "../../../../protocol/entry.ts";
import type { ClientId, Digest } from "../../../../protocol/ids.ts";
import type { RegisterSession, Request, SendRequest } from "../../../../protocol/message.ts";
import type { Operation } from "../../../../protocol/operations/group.ts";
import type { RunFacts } from "../../observer.ts";
import { Fields } from "../fields.ts";
import { operationsOf, requestKey } from "./request_book.ts";

export interface Given {
  readonly digest: Digest;
  readonly index: number;
  readonly result: Uint8Array;
}

export interface ReferenceSession {
  readonly id: number;
  readonly register: Digest;
  floor: number;
  lastUsed: number;
  highest: number;
  readonly answers: Map<number, Given>;
}

export interface ReferenceClient {
  registerFloor: number;
  closed: [id: number, highest: number][];
  /** Ascending. */
  live: ReferenceSession[];
}

/** One command or query that the chain executes. */
export interface Executed extends Operation {
  /** The name of its request; in a group, of others than the first, with their place. */
  readonly key: string;
  readonly client: ClientId;
  readonly index: number;
}

/** A request that the chain executes, and what comes of it in the state at its place. */
export interface ExecutedRequest extends Given {
  readonly mode: RequestMode;
}

/** Runs a command, or answers a query. */
export type Execute = (client: ClientId, operation: Operation) => Uint8Array;

/** Returns the result of a change of the roster. */
export type Change = (command: Uint8Array) => Uint8Array;

/** One session's life. */
interface Life {
  readonly register: Digest;
  readonly opened: number;
  closed: number;
}

/** The facts known beforehand. */
export type SessionFacts = Pick<
  RunFacts,
  "sessionWindow" | "sessionsPerClient" | "registrationHorizon" | "beginsWith"
>;

const REMEMBERED = 256;
const GROUP_RESULT_BYTES = 64 * 1024;

export class ReferenceSessions {
  readonly clients = new Map<ClientId, ReferenceClient>();
  /** The executions of each entry, in order. */
  readonly executedAt = new Map<number, Executed[]>();
  #facts: SessionFacts;
  /** Index of the epoch's genesis: registers from before it open nothing (§13.5). */
  #genesis = 0;
  readonly #byKey = new Map<string, ExecutedRequest>();
  readonly #lives = new Map<string, Life>();
  readonly #opened = new Map<Digest, Life>();

  constructor(facts: SessionFacts) {
    this.#facts = facts;
    for (const [register, digest] of facts.beginsWith) this.#register(1, register, digest);
  }

  /** Applies one request of the entry at `index`. */
  order(
    index: number,
    message: Request,
    digest: Digest,
    execute: Execute,
    change: Change = () => new Uint8Array(),
  ): void {
    if (message.kind === "RegisterSession") this.#register(index, message, digest);
    else this.#command(index, message, digest, execute, change);
  }

  /** §13.4: once the entry at `index` is applied, nothing is left of clients that are not listed; what follows is of another epoch. */
  beginEpoch(index: number, listed: readonly string[], facts: SessionFacts): void {
    for (const [id, { live }] of [...this.clients]) {
      if (listed.includes(id)) continue;
      for (const session of live) this.#lives.get(`${id} ${session.id}`)!.closed = index;
      this.clients.delete(id);
    }
    this.#facts = facts;
    this.#genesis = index;
  }

  /** The request executed under this key, if any was. */
  executionOf(key: string): ExecutedRequest | undefined {
    return this.#byKey.get(key);
  }

  /** Returns whether the session is open once the entry at `index` is applied. */
  isOpen(client: string, id: number, index: number): boolean {
    const life = this.#lives.get(`${client} ${id}`);
    return life !== undefined && life.opened <= index && index < life.closed;
  }

  /** Index of the session this register opened, at or below `index`, if it did. */
  openedBy(register: Digest, index: number): number | undefined {
    const life = this.#opened.get(register);
    return life !== undefined && life.opened <= index ? life.opened : undefined;
  }

  #register(index: number, { client: id, base }: RegisterSession, digest: Digest): void {
    const client = this.clients.get(id) ?? { registerFloor: 0, closed: [], live: [] };
    const { registrationHorizon, sessionsPerClient } = this.#facts;
    if (client.live.some(({ register, id: open }) => register === digest || open === index)) return;
    if (base < this.#genesis || base >= index || index > base + registrationHorizon || base < client.registerFloor) {
      return;
    }
    this.clients.set(id, client);
    while (client.live.length >= sessionsPerClient) {
      const [oldest] = client.live.toSorted((a, b) => a.lastUsed - b.lastUsed || a.id - b.id);
      this.#close(index, id, client, oldest!);
    }
    client.live.push({ id: index, register: digest, floor: 1, lastUsed: index, highest: 0, answers: new Map() });
    const life = { register: digest, opened: index, closed: Infinity };
    this.#lives.set(`${id} ${index}`, life);
    this.#opened.set(digest, life);
  }

  #close(index: number, id: ClientId, client: ReferenceClient, session: ReferenceSession): void {
    client.live.splice(client.live.indexOf(session), 1);
    client.registerFloor = Math.max(client.registerFloor, session.id);
    client.closed = [...client.closed, [session.id, session.highest] as [number, number]].slice(-REMEMBERED);
    this.#lives.get(`${id} ${session.id}`)!.closed = index;
  }

  #command(index: number, message: SendRequest, digest: Digest, execute: Execute, change: Change): void {
    const { client, session: id, seq, floor } = message;
    const session = this.clients.get(client)?.live.find((each) => each.id === id);
    if (session === undefined) return;
    if (floor > session.floor) {
      session.floor = floor;
      for (const answered of session.answers.keys()) if (answered < floor) session.answers.delete(answered);
    }
    const inside = seq >= session.floor && seq < session.floor + this.#facts.sessionWindow;
    if (!inside || session.answers.has(seq)) return;
    const key = requestKey(client, id, seq);
    const result = message.mode === "roster" ? change(message.command) : this.#execute(index, key, message, execute);
    session.answers.set(seq, { digest, index, result });
    session.lastUsed = index;
    session.highest = Math.max(session.highest, seq);
    this.#byKey.set(key, { mode: message.mode, digest, index, result });
  }

  /** Executes a command, a query, or of a group as much as its results allow. */
  #execute(index: number, key: string, message: SendRequest, execute: Execute): Uint8Array {
    const { client, mode } = message;
    const results: Uint8Array[] = [];
    let bytes = 0;
    for (const [part, operation] of operationsOf(message).entries()) {
      if (bytes > GROUP_RESULT_BYTES) break;
      const executed = { key: part === 0 ? key : `${key} part ${part}`, client, index, ...operation };
      this.executedAt.set(index, [...this.executedAt.get(index) ?? [], executed]);
      const result = execute(client, operation);
      results.push(result);
      bytes += result.length;
    }
    if (mode !== "group") return results[0]!;
    const fields = new Fields().u8(results.length);
    for (const result of results) fields.u32(result.length).bytes(result);
    return fields.done();
  }
}
