/** Signed answers to clients (§7.2). */
import type { Signer } from "../../crypto/signing/signing.ts";
import { trustsReplicas } from "../../protocol/config.ts";
import { ALL_SESSIONS, type ClientId, type LogIndex, type Millis } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Answer, QueryReply, Request } from "../../protocol/message.ts";
import type { Signed } from "../../protocol/signed.ts";
import { encodeMessage, encodePacket } from "../../transport/codec/mod.ts";
import type { ReplicaTransport } from "../../transport/port.ts";
import type { ClientReply, SessionAnswer } from "../core/output.ts";
import type { CoreState } from "../core/state.ts";
import type { TallyByKind } from "../diagnostics/tally_by_kind.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { TokenBuckets } from "../limits/token_bucket.ts";
import { BusyAnswers } from "./busy_answers.ts";
import { ReplyPace } from "./reply_pace.ts";
import { type Listener, needs, type Routes } from "./routes.ts";
import { type AnyPart, sealParts, tellParts } from "./seal_parts.ts";

export interface ReplierParts {
  readonly state: CoreState;
  readonly signer: Signer;
  readonly transport: ReplicaTransport;
  readonly routes: Routes;
  /** Counts answers that are not sent, by kind. */
  readonly refused: TallyByKind;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** The answer to a query. */
export interface QueryAnswer {
  readonly ok: boolean;
  readonly payload: Uint8Array;
  /** Bytes of the budget that finding the answer costs besides those of the answer itself. */
  readonly workBytes?: number;
}

/** That there is nothing to answer yet. */
export interface Silence {
  readonly payload: null;
  /** Bytes of the budget that finding this out costs. */
  readonly workBytes: number;
}

/** A part for a client, and the routes that get it. */
interface Delivery {
  readonly part: AnyPart;
  readonly routes: string[];
}

/** Answers clients, each within a budget of bytes; a client that exceeds it has to ask again a little later. */
export class Replier {
  readonly #parts: ReplierParts;
  readonly #pace: ReplyPace;
  readonly #bytes = new TokenBuckets(INGRESS_LIMITS.replyBytesPerSecond, INGRESS_LIMITS.replyByteBurst);
  /** Of queries over routes that their client has not greeted from. */
  readonly #bytesElsewhere = new TokenBuckets(
    INGRESS_LIMITS.replyBytesPerSecond / INGRESS_LIMITS.elsewhereShare,
    INGRESS_LIMITS.replyByteBurst / INGRESS_LIMITS.elsewhereShare,
  );
  readonly #readBytesLeft = new TokenBuckets(INGRESS_LIMITS.readBytesPerSecond, INGRESS_LIMITS.readByteBurst);
  /** Answers to fast reads that wait for what else this turn has for clients, and their bytes. */
  #reads: Delivery[] = [];
  #readBytes = 0;
  /** Work of answering fast reads since the start, in signatures. */
  readWork = 0;

  readonly #busy: BusyAnswers;

  constructor(parts: ReplierParts) {
    this.#parts = parts;
    this.#busy = new BusyAnswers(parts.state, parts.routes);
    this.#pace = new ReplyPace(parts.state.config.constants.sessionWindow);
  }

  /**
   * Sends what is due of all that clients are told at once: answers of a batch to the routes of their client that need them, what was asked
   * for again to those that asked. It is signed once (§7.2h), with the answers that wait for it, to fast reads and to those for whom this leader is
   * busy; and nothing is signed that nobody gets.
   */
  reply(replies: readonly ClientReply[]): void {
    const time = this.#parts.now();
    const deliveries = replies.flatMap((reply) => this.#deliveries(reply, time));
    if (deliveries.length > 0) this.#tell([...deliveries, ...this.#takeWaiting()]);
  }

  /** Sends what waits: answers to fast reads, and to whom this leader is busy. To be called at the end of each turn. */
  flush(): void {
    const waiting = this.#takeWaiting();
    if (waiting.length > 0) this.#tell(waiting);
  }

  #takeWaiting(): Delivery[] {
    const waiting = [...this.#reads, ...this.#busy.take()];
    [this.#reads, this.#readBytes] = [[], 0];
    return waiting;
  }

  #tell(deliveries: readonly Delivery[]): void {
    const { state, signer, transport } = this.#parts;
    const head = { replica: state.config.self, term: state.hard.currentTerm, leader: state.view.leader };
    const seal = trustsReplicas(state.config.constants) ? tellParts : sealParts;
    const sealed = seal(signer, head, deliveries.map(({ part }) => part), state.genesis.epoch);
    deliveries.forEach(({ routes }, i) => {
      for (const route of routes) transport.sendToClient(route, sealed[i]!);
    });
  }

  /** Has the sender of a request that is not taken told so with the next replies. */
  busy(route: string, request: Signed<Request>, waitMs: Millis): void {
    this.#busy.add(route, request, waitMs, this.#parts.now());
  }

  #deliveries({ client, answers: all, again }: ClientReply, now: number): Delivery[] {
    const { routes } = this.#parts;
    const listeners = again ? routes.asking(client, now) : routes.of(client, now);
    if (listeners.length === 0) return [];
    const answers = all.filter((answer) => {
      const copies = listeners.filter((listener) => needs(listener, answer)).length;
      return copies > 0 && this.#isDue(client, answer, copies, now);
    });
    return partsFor(listeners, client, answers);
  }

  /** Answers a query over the route it arrived by. */
  answer(route: string, client: string, nonce: number, { ok, payload }: QueryAnswer): void {
    const { state, signer, transport } = this.#parts;
    const reply: QueryReply = { kind: "QueryReply", replica: state.config.self, client, nonce, ok, payload };
    const body = encodeMessage(reply);
    const signed = { message: reply, body, signature: signer.sign(reply.kind, body) };
    transport.sendToClient(route, encodePacket({ kind: reply.kind, signed }, state.genesis.epoch));
  }

  /**
   * Answers fast reads within their budget of bytes, over the route they arrived by, by the end of the turn. Returns the answers that `find`
   * gives; null, and does not call it, if the budget is used up.
   */
  read(route: string, client: ClientId, nonce: number, find: () => Uint8Array[]): readonly Uint8Array[] | null {
    const { routes, now } = this.#parts;
    const time = now();
    const payer = routes.payer(client, route, time);
    if (!this.#readBytesLeft.allows(payer, time)) return null;
    const payloads = find();
    const bytes = payloads.reduce<number>((sum, { length }) => sum + length, INGRESS_LIMITS.answerOverheadBytes);
    this.#readBytesLeft.take(payer, time, bytes);
    this.#reads.push({ part: { client, nonce, payloads }, routes: [route] });
    this.#readBytes += bytes;
    this.readWork += payloads.length / INGRESS_LIMITS.readsPerToken + bytes / INGRESS_LIMITS.readBytesPerSignature;
    if (this.#readBytes > LIMITS.maxReplyBytes) this.flush();
    return payloads;
  }

  /**
   * Answers a query within the budget of bytes, unless there is nothing to answer yet. Returns null if the budget is used up: then the query is not called,
   * and costs nothing more.
   */
  answerWithinBudget<Said extends QueryAnswer | Silence>(
    route: string,
    client: ClientId,
    nonce: number,
    query: () => Said,
  ): Said | null {
    const { routes, now } = this.#parts;
    const time = now();
    const payer = routes.payer(client, route, time);
    const bytes = payer === client ? this.#bytes : this.#bytesElsewhere;
    if (!bytes.allows(payer, time)) return null;
    const said: QueryAnswer | Silence = query();
    const ownBytes = said.payload === null ? 0 : said.payload.length + INGRESS_LIMITS.answerOverheadBytes;
    bytes.take(payer, time, ownBytes + (said.workBytes ?? 0));
    if (said.payload !== null) this.answer(route, client, nonce, said);
    return said as Said;
  }

  /** Returns whether `answer` is sent in `copies` now: not right after the same one, and not over the budget unless it is small. */
  #isDue(client: ClientId, answer: Answer, copies: number, now: number): boolean {
    const { refused } = this.#parts;
    const { answerOverheadBytes, smallResultBytes } = INGRESS_LIMITS;
    if (this.#pace.isRepeat(client, answer, now)) {
      refused.add("repeat:Reply");
      return false;
    }
    if (answer.result.length > smallResultBytes && !this.#bytes.allows(client, now)) {
      refused.add("reply-budget:Reply");
      return false;
    }
    this.#bytes.take(client, now, copies * (answer.result.length + answerOverheadBytes));
    this.#pace.note(client, answer, now);
    return true;
  }
}

/** Returns what each route needs. Routes that need the same share a part, as all do while one process uses a key. */
function partsFor(listeners: readonly Listener[], client: ClientId, answers: readonly SessionAnswer[]): Delivery[] {
  const parts = new Map<LogIndex, Delivery>();
  for (const listener of listeners) {
    const needed = answers.filter((answer) => needs(listener, answer));
    if (needed.length === 0) continue;
    const key = needed.length === answers.length ? ALL_SESSIONS : listener.session;
    const known = parts.get(key);
    if (known === undefined) parts.set(key, { part: { client, answers: needed }, routes: [listener.route] });
    else known.routes.push(listener.route);
  }
  return [...parts.values()];
}
