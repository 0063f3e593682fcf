/** Signed answers to clients (§7.2). */
import type { Signer } from "../../crypto/signing/signing.ts";
import { ALL_SESSIONS, type ClientId, type LogIndex } from "../../protocol/ids.ts";
import type { Answer, QueryReply, Reply } from "../../protocol/message.ts";
import { encodeMessage, encodePacket } from "../../transport/codec/mod.ts";
import type { ReplicaTransport } from "../../transport/port.ts";
import type { ClientReply, SessionAnswer } from "../core/output.ts";
import type { CoreState } from "../core/state.ts";
import type { TallyByKind } from "../diagnostics/tally_by_kind.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { TokenBuckets } from "../limits/token_bucket.ts";
import { ReplyPace } from "./reply_pace.ts";
import { type Listener, needs, type Routes } from "./routes.ts";

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

/** Answers clients, each within a budget of bytes; a client that exceeds it has to ask again a little later. */
export class Replier {
  readonly #parts: ReplierParts;
  readonly #pace: ReplyPace;
  readonly #bytes = new TokenBuckets(INGRESS_LIMITS.replyBytesPerSecond, INGRESS_LIMITS.replyByteBurst);

  constructor(parts: ReplierParts) {
    this.#parts = parts;
    this.#pace = new ReplyPace(parts.state.config.constants.sessionWindow);
  }

  /**
   * Sends the due answers of a batch to the routes of its client that need them, or what was asked for again to those that asked. Routes that
   * get the same share a signature; nothing is signed that nobody gets.
   */
  reply({ client, answers: all, again }: ClientReply): void {
    const { routes, now } = this.#parts;
    const time = now();
    const listeners = again ? routes.asking(client, time) : routes.of(client, time);
    if (listeners.length === 0) return;
    const answers = all.filter((answer) => {
      const copies = listeners.filter((listener) => needs(listener, answer)).length;
      return copies > 0 && this.#isDue(client, answer, copies, time);
    });
    this.#tell(listeners, client, answers);
  }

  /** Sends each route what it needs. Answers about one session alone, as always while one process uses a key, are signed once. */
  #tell(listeners: readonly Listener[], client: ClientId, answers: readonly SessionAnswer[]): void {
    const sealed = new Map<LogIndex, Uint8Array[]>();
    for (const listener of listeners) {
      const needed = answers.filter((answer) => needs(listener, answer));
      if (needed.length === 0) continue;
      const part = needed.length === answers.length ? ALL_SESSIONS : listener.session;
      const frames = sealed.get(part) ?? this.#seal(this.#replyWith(client, needed));
      sealed.set(part, frames);
      this.#parts.transport.sendToClient(listener.route, frames);
    }
  }

  #replyWith(client: ClientId, answers: readonly Answer[]): Reply {
    const { config, view, hard } = this.#parts.state;
    return { kind: "Reply", replica: config.self, client, term: hard.currentTerm, leader: view.leader, answers };
  }

  /** Answers a query over the route it arrived by. */
  answer(route: string, client: string, nonce: number, { ok, payload }: QueryAnswer): void {
    const { state, transport } = this.#parts;
    const reply: QueryReply = { kind: "QueryReply", replica: state.config.self, client, nonce, ok, payload };
    transport.sendToClient(route, this.#seal(reply));
  }

  /** Answers a query within the budget of bytes. Returns null if that is used up: then the query costs nothing more. */
  answerWithinBudget(route: string, client: ClientId, nonce: number, query: () => QueryAnswer): QueryAnswer | null {
    const { routes, now } = this.#parts;
    const time = now();
    const payer = routes.payer(client, route, time);
    if (!this.#bytes.allows(payer, time)) return null;
    const answer = query();
    const { payload, workBytes = 0 } = answer;
    this.#bytes.take(payer, time, payload.length + workBytes + INGRESS_LIMITS.answerOverheadBytes);
    this.answer(route, client, nonce, answer);
    return answer;
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

  #seal(message: Reply | QueryReply): Uint8Array[] {
    const body = encodeMessage(message);
    const signature = this.#parts.signer.sign(message.kind, body);
    if (message.kind === "Reply") return encodePacket({ kind: "Reply", signed: { message, body, signature } });
    return encodePacket({ kind: "QueryReply", signed: { message, body, signature } });
  }
}
