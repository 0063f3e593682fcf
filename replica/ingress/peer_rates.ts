/** Rates of peers' packets by kind (§7.5): an insider's valid and useless packets cost no more than an honest replica's may. */
import type { Packet } from "../../protocol/packet.ts";
import { INGRESS_LIMITS, PEER_RATES } from "../limits/ingress_limits.ts";
import { TokenBuckets } from "../limits/token_bucket.ts";

export class PeerRates {
  readonly #kinds = new Map<Packet["kind"], TokenBuckets>();

  /** Takes one packet of `kind` from the rate of `source`; returns false if that is used up. */
  take(kind: Packet["kind"], source: string, now: number): boolean {
    const buckets = this.#kinds.get(kind) ?? bucketsOf(PEER_RATES[kind]);
    this.#kinds.set(kind, buckets);
    return buckets.spend(source, now);
  }
}

const bucketsOf = (rate: number) => new TokenBuckets(rate, 2 * rate, INGRESS_LIMITS.maxFaultySources);
