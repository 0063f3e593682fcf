/** The loop of a client: hellos, arrivals, timers. It never waits for any particular message. */
import type { QueryReply } from "../../protocol/message.ts";
import type { ReplyPacket } from "../../protocol/packet.ts";
import { type HelloAnswer, helloAnswerCodec } from "../../transport/codec/mod.ts";
import type { ClientTransport } from "../../transport/port.ts";
import { ClosedError } from "../errors.ts";
import type { FastReads } from "./fast_reads.ts";
import type { Hellos } from "./hellos.ts";
import type { Inbox } from "./inbox.ts";
import type { Queries } from "./queries.ts";
import type { Requests } from "./requests.ts";

/** Nonce of the answer to a hello; queries have others. */
const HELLO_NONCE = 0;

function readHelloAnswer(payload: Uint8Array): HelloAnswer | null {
  try {
    return helloAnswerCodec.decode(payload);
  } catch {
    // The decoder throws DecodeError only: this replica is a liar, and its route does not open.
    return null;
  }
}

/** Longest wait for arrivals, in milliseconds: an injected clock may not advance with the transport's. */
const MAX_WAIT_MS = 1000;
/** Time without a valid answer after which a client that waits asks for later epochs: whom the roster does not list hears nothing else. */
const SILENT_MS = 1000;
/** Packets taken from each replica before timers are checked. */
const BATCH = 256;

/** A client's requests, the hellos that their answers need, and its fast reads. */
export interface Ordering {
  readonly requests: Requests;
  readonly hellos: Hellos;
  readonly reads: FastReads;
}

/** Frames of other epochs than the client's (§13.12). */
export interface OtherEpochs {
  /** Takes frames of another epoch; returns false for those of the client's own. */
  take(replica: string, frames: readonly Uint8Array[]): boolean;
  /** Asks all replicas whether there is a later one. */
  ask(): void;
}

/** The parts that the loop drives. */
export interface LoopParts {
  readonly now: () => number;
  readonly transport: ClientTransport;
  /** Null for the operator, who is no client of the roster: answers reach it over the connection it asked on. */
  readonly ordering: Ordering | null;
  readonly queries: Queries;
  readonly inbox: Inbox;
  /** Null for a client that stays in its epoch. */
  readonly otherEpochs: OtherEpochs | null;
}

/** Runs from its construction until `close` or until the transport fails. */
export class ClientLoop {
  readonly #parts: LoopParts;
  readonly #running: Promise<void>;
  /** Time until which the loop means to wait, on the client's clock. */
  #wakeAt = -Infinity;
  #closedBy: Error | null = null;
  /** Time of the last valid packet, on the client's clock. */
  #heardAt: number;
  /** The reason for which nothing is asked any more, while the roster in force does not list this client. */
  #barredBy: Error | null = null;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#heardAt = parts.now();
    this.#sayHello();
    this.#running = this.#run();
  }

  /** Starts a call, and wakes the loop if its timers are now due earlier. */
  track<T>(start: () => Promise<T>): Promise<T> {
    const refusal = this.#closedBy ?? this.#barredBy;
    if (refusal !== null) return Promise.reject(refusal);
    const call = start();
    if (this.#dueAt() < this.#wakeAt) this.#parts.transport.wake();
    return call;
  }

  /** Rejects every pending call with `pending` and those to come with `later`, until {@linkcode readmit}. */
  bar(pending: Error, later: Error): void {
    this.#barredBy = later;
    this.#abandonCalls(pending);
  }

  /** Takes calls again. */
  readmit(): void {
    this.#barredBy = null;
  }

  /** Ends the loop: every pending call rejects with `reason`, and the transport is closed. */
  async close(reason: Error): Promise<void> {
    this.#abandon(reason);
    this.#parts.transport.wake();
    await this.#running;
    await this.#parts.transport.close();
  }

  async #run(): Promise<void> {
    try {
      while (this.#closedBy === null) await this.#turn();
    } catch (cause) {
      this.#abandon(new ClosedError("the client's transport failed with this call under way", { cause }));
    }
  }

  async #turn(): Promise<void> {
    const { now, ordering, queries, transport } = this.#parts;
    const time = now();
    if (time >= this.#helloDueAt()) this.#sayHello();
    ordering?.requests.tick();
    ordering?.reads.tick();
    queries.tick();
    this.#wakeAt = Math.min(this.#dueAt(), time + MAX_WAIT_MS);
    const arrived = await transport.receive(Math.max(0, Math.ceil(this.#wakeAt - time)), BATCH);
    for (const { replica, frames } of arrived) this.#take(replica, frames);
  }

  #take(replica: string, frames: readonly Uint8Array[]): void {
    if (this.#parts.otherEpochs?.take(replica, frames)) return;
    const inbound = this.#parts.inbox.read(replica, frames, (packet) => this.#wants(packet), this.#parts.now());
    if ("dropped" in inbound) return;
    this.#heardAt = this.#parts.now();
    const { packet } = inbound;
    if (packet.kind === "Reply") this.#parts.ordering?.requests.take(packet);
    else if (packet.kind === "ReadReply") this.#parts.ordering?.reads.take(packet);
    else if (packet.signed.message.nonce === HELLO_NONCE) this.#told(packet.signed.message);
    else this.#parts.queries.take(packet.signed.message);
  }

  /** A replica does not know this connection: it gets the challenge it told, and then again what it could not answer. */
  #told({ replica, payload }: QueryReply): void {
    const { ordering } = this.#parts;
    const answer = readHelloAnswer(payload);
    if (answer === null || !ordering?.hellos.told(replica, answer.challenge)) return;
    ordering.requests.greeted(replica, answer.appliedIndex);
  }

  #wants(packet: ReplyPacket): boolean {
    const { ordering, queries } = this.#parts;
    if (packet.kind === "Reply") return ordering?.requests.wants(packet) ?? false;
    if (packet.kind === "ReadReply") return ordering?.reads.wants(packet) ?? false;
    const { nonce, replica } = packet.signed.message;
    if (nonce === HELLO_NONCE) return ordering?.hellos.mayTell(replica) ?? false;
    return queries.wants(packet.signed.message);
  }

  #dueAt(): number {
    const { ordering, queries } = this.#parts;
    const reads = ordering?.reads.dueAt ?? Infinity;
    return Math.min(ordering?.requests.dueAt ?? Infinity, reads, queries.dueAt, this.#helloDueAt());
  }

  #helloDueAt(): number {
    const { ordering } = this.#parts;
    if (this.#barredBy !== null) return Infinity;
    return ordering?.hellos.dueAt(this.#busy) ?? Infinity;
  }

  get #busy(): boolean {
    const { ordering, queries } = this.#parts;
    return ordering?.requests.busy || ordering?.reads.busy || queries.busy;
  }

  #sayHello(): void {
    const { ordering, otherEpochs, now } = this.#parts;
    ordering?.hellos.say(ordering.requests.onlySession);
    if (this.#busy && now() - this.#heardAt >= SILENT_MS) otherEpochs?.ask();
  }

  #abandon(reason: Error): void {
    this.#closedBy ??= reason;
    this.#abandonCalls(reason);
  }

  #abandonCalls(reason: Error): void {
    this.#parts.ordering?.requests.abandon(reason);
    this.#parts.ordering?.reads.abandon(reason);
    this.#parts.queries.abandon(reason);
  }
}
