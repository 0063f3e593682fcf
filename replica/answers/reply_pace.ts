/** Answers sent to a client recently: a settled request that is submitted over and over is answered at a limited pace (§7.5). */
import type { ClientId, Seq } from "../../protocol/ids.ts";
import type { Answer } from "../../protocol/message.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";

/** An answer sent, without its result, which may be long. */
interface Told extends Pick<Answer, "index" | "outcome"> {
  readonly at: number;
}

/** The latest answers to each of the roster's clients: at most `window` of them, and none older than `INGRESS_LIMITS.replyPaceMs`. */
export class ReplyPace {
  readonly #window: number;
  readonly #clients = new Map<ClientId, Map<Seq, Told>>();

  /** `window` is the number of seqs for which a session keeps answers (§7.1). */
  constructor(window: number) {
    this.#window = window;
  }

  /** Returns whether this very answer was sent within the pace. Another answer to the same seq, as after `ahead`, is not a repeat. */
  isRepeat(client: ClientId, { seq, index, outcome }: Answer, now: number): boolean {
    const told = this.#clients.get(client)?.get(seq);
    if (told === undefined || now - told.at >= INGRESS_LIMITS.replyPaceMs) return false;
    return told.index === index && told.outcome === outcome;
  }

  /** Records an answer that is sent `now`. */
  note(client: ClientId, { seq, index, outcome }: Answer, now: number): void {
    const told = this.#clients.get(client) ?? new Map<Seq, Told>();
    this.#clients.set(client, told);
    told.delete(seq);
    told.set(seq, { index, outcome, at: now });
    for (const [oldest, { at }] of told) {
      if (told.size <= this.#window && now - at < INGRESS_LIMITS.replyPaceMs) return;
      told.delete(oldest);
    }
  }

  /** Returns the number of answers of `client` remembered. */
  sizeOf(client: ClientId): number {
    return this.#clients.get(client)?.size ?? 0;
  }
}
