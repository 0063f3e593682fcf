/** The loop of a client: hellos, arrivals, timers. It never waits for any particular message. */
import type { KeyFile } from "../../crypto/keys/key_file.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import type { Signer } from "../../crypto/signing/signing.ts";
import type { ReplicaId } from "../../protocol/ids.ts";
import type { QueryReply } from "../../protocol/message.ts";
import type { ReplyPacket } from "../../protocol/packet.ts";
import { type HelloAnswer, helloAnswerCodec } from "../../transport/codec/mod.ts";
import type { ClientTransport } from "../../transport/port.ts";
import { ClosedError } from "../errors.ts";
import { sealQuery } from "./envelope.ts";
import { challengeOf, createHelloTimer, helloDueAt, type HelloTimer, noteChallenge, noteHellos } from "./hello.ts";
import type { Inbox } from "./inbox.ts";
import type { Outlet } from "./outlet.ts";
import type { Queries } from "./queries.ts";
import type { Requests } from "./requests.ts";
import type { ClientTimings } from "./timings.ts";

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
/** Packets taken from each replica before timers are checked. */
const BATCH = 256;

/** The parts that the loop drives. */
export interface LoopParts {
  readonly roster: Roster;
  readonly key: KeyFile;
  readonly timings: ClientTimings;
  readonly signer: Signer;
  readonly now: () => number;
  readonly transport: ClientTransport;
  readonly outlet: Outlet;
  /** Null for the operator. */
  readonly requests: Requests | null;
  readonly queries: Queries;
  readonly inbox: Inbox;
}

/** Runs from its construction until `close` or until the transport fails. */
export class ClientLoop {
  readonly #parts: LoopParts;
  readonly #hello: HelloTimer;
  readonly #running: Promise<void>;
  /** Time until which the loop means to wait, on the client's clock. */
  #wakeAt = -Infinity;
  #closedBy: Error | null = null;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#hello = createHelloTimer(parts.timings.helloBusyMs, parts.timings.helloIdleMs);
    this.#sayHello(parts.now());
    this.#running = this.#run();
  }

  /** Starts a call, and wakes the loop if its timers are now due earlier. */
  track<T>(start: () => Promise<T>): Promise<T> {
    if (this.#closedBy !== null) return Promise.reject(this.#closedBy);
    const call = start();
    if (this.#dueAt() < this.#wakeAt) this.#parts.transport.wake();
    return call;
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
    const { now, requests, queries, transport } = this.#parts;
    const time = now();
    if (time >= this.#helloDueAt()) this.#sayHello(time);
    requests?.tick();
    queries.tick();
    this.#wakeAt = Math.min(this.#dueAt(), time + MAX_WAIT_MS);
    const arrived = await transport.receive(Math.max(0, Math.ceil(this.#wakeAt - time)), BATCH);
    for (const { replica, frames } of arrived) this.#take(replica, frames);
  }

  #take(replica: string, frames: readonly Uint8Array[]): void {
    const inbound = this.#parts.inbox.read(replica, frames, (packet) => this.#wants(packet), this.#parts.now());
    if ("dropped" in inbound) return;
    const { packet } = inbound;
    if (packet.kind === "Reply") this.#parts.requests?.take(packet.signed.message);
    else if (packet.signed.message.nonce === HELLO_NONCE) this.#told(packet.signed.message);
    else this.#parts.queries.take(packet.signed.message);
  }

  /** A replica does not know this connection: it gets the challenge it told, and then again what it could not answer. */
  #told({ replica, payload }: QueryReply): void {
    const answer = readHelloAnswer(payload);
    if (answer === null || !noteChallenge(this.#hello, replica, answer.challenge)) return;
    this.#sayHelloTo(replica);
    this.#parts.requests?.greeted(replica, answer.appliedIndex);
  }

  #wants(packet: ReplyPacket): boolean {
    if (packet.kind === "QueryReply") {
      const { nonce, replica } = packet.signed.message;
      return nonce === HELLO_NONCE
        ? this.#hello.mayTell.has(replica)
        : this.#parts.queries.wants(packet.signed.message);
    }
    return this.#parts.requests?.wants(packet.signed.message) ?? false;
  }

  #dueAt(): number {
    const { requests, queries } = this.#parts;
    return Math.min(requests?.dueAt ?? Infinity, queries.dueAt, this.#helloDueAt());
  }

  #helloDueAt(): number {
    const { requests, queries } = this.#parts;
    if (requests === null) return Infinity;
    return helloDueAt(this.#hello, requests.busy || queries.busy);
  }

  #sayHello(now: number): void {
    const replicas = this.#parts.roster.replicas.map(({ id }) => id);
    noteHellos(this.#hello, replicas, now);
    for (const replica of replicas) this.#sayHelloTo(replica);
  }

  #sayHelloTo(replica: ReplicaId): void {
    const { roster, key, signer, outlet } = this.#parts;
    const client = roster.clients.find(({ id }) => id === key.id)?.id;
    // The operator is no client of the roster: answers reach it over the connection it asked on.
    if (key.kind !== "client" || client === undefined) return;
    const challenge = challengeOf(this.#hello, replica);
    outlet.toOne(replica, sealQuery(signer, { kind: "ClientHello", client, replica, challenge }));
  }

  #abandon(reason: Error): void {
    this.#closedBy ??= reason;
    this.#parts.requests?.abandon(reason);
    this.#parts.queries.abandon(reason);
  }
}
