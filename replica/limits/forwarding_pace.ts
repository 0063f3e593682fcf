import { PEER_RATES } from "./ingress_limits.ts";
import { TokenBuckets } from "./token_bucket.ts";

/** Name of the one bucket. */
const ALL = "";

/**
 * Holds what this replica passes on to its leader to half of what that takes of one, so that clients cannot make it look like a flooder. What is
 * left out is passed on later, if it is still waiting (§7.3).
 */
export class ForwardingPace {
  readonly #requests = new TokenBuckets(PEER_RATES.ForwardedRequest / 2, PEER_RATES.ForwardedRequest);

  /** Takes one request from the rate; returns false if that is used up. */
  take(now: number): boolean {
    return this.#requests.spend(ALL, now);
  }
}
