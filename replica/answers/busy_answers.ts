/** Answers `busy` (§7.3m): they cost no check of a signature, and go along in the Reply of a run. */
import { sha256Hex } from "../../crypto/digest.ts";
import type { ClientId, Millis } from "../../protocol/ids.ts";
import type { BusyAnswer, ReplyPart, Request } from "../../protocol/message.ts";
import { busyAnswer } from "../../protocol/reply.ts";
import type { Signed } from "../../protocol/signed.ts";
import type { CoreState } from "../core/state.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { TokenBuckets } from "../limits/token_bucket.ts";
import type { Routes } from "./routes.ts";

/** Answers for one route. */
interface Told {
  readonly client: ClientId;
  readonly answers: BusyAnswer[];
}

export class BusyAnswers {
  readonly #state: CoreState;
  readonly #routes: Routes;
  readonly #rate = new TokenBuckets(INGRESS_LIMITS.busyPerSecond, INGRESS_LIMITS.busyBurst);
  readonly #byRoute = new Map<string, Told>();

  constructor(state: CoreState, routes: Routes) {
    this.#state = state;
    this.#routes = routes;
  }

  /**
   * Has `route` told that a request is not taken, if its client itself greeted from there and within its rate: who sends more than that is
   * told nothing. Only a leader says so.
   */
  add(route: string, { message: { client }, body }: Signed<Request>, waitMs: Millis, now: number): void {
    const { view, appliedIndex } = this.#state;
    if (view.role !== "leader" || !this.#routes.has(client, route, now) || !this.#rate.spend(client, now)) return;
    const told = this.#byRoute.get(route) ?? { client, answers: [] };
    this.#byRoute.set(route, told);
    told.answers.push(busyAnswer(sha256Hex(body), appliedIndex, waitMs));
  }

  /** Returns what is to be told now, and forgets it. */
  take(): { readonly part: ReplyPart; readonly routes: string[] }[] {
    const all = Array.from(this.#byRoute, ([route, part]) => ({ part, routes: [route] }));
    this.#byRoute.clear();
    return all;
  }
}
