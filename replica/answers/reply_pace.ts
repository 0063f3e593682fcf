/** Answers sent to a client recently: a settled request that is submitted over and over is answered at a limited pace (§7.5). */
import type { ClientId, Digest } from "../../protocol/ids.ts";
import type { Answer } from "../../protocol/message.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";

/** An answer sent, without its result, which may be long. */
interface Told extends Pick<Answer, "outcome"> {
  readonly at: number;
}

/** The latest answers to each of the roster's clients: at most `window` of them, and none older than `INGRESS_LIMITS.replyPaceMs`. */
export class ReplyPace {
  readonly #window: number;
  readonly #clients = new Map<ClientId, Map<Digest, Told>>();

  /** `window` is the number of seqs for which a session keeps answers (§7.1). */
  constructor(window: number) {
    this.#window = window;
  }

  /** Returns whether this outcome of the request was told within the pace. Another one, as after `ahead`, is no repeat. */
  isRepeat(client: ClientId, { request, outcome }: Answer, now: number): boolean {
    const told = this.#clients.get(client)?.get(request);
    return told !== undefined && now - told.at < INGRESS_LIMITS.replyPaceMs && told.outcome === outcome;
  }

  /** Records an answer that is sent `now`. */
  note(client: ClientId, { request, outcome }: Answer, now: number): void {
    const told = this.#clients.get(client) ?? new Map<Digest, Told>();
    this.#clients.set(client, told);
    told.delete(request);
    told.set(request, { outcome, at: now });
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
