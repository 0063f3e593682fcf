/** Muting of routes that send garbage or forged packets (§7.5). */
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";

interface Faults {
  since: number;
  count: number;
  mutedUntil: number;
}

/** Faults of each route; at most `INGRESS_LIMITS.maxFaultyRoutes` are remembered. */
export class RouteFaults {
  readonly #routes = new Map<string, Faults>();

  /** Returns whether packets of `route` are to be dropped unread at `now` milliseconds. */
  isMuted(route: string, now: number): boolean {
    const faults = this.#routes.get(route);
    return faults !== undefined && now < faults.mutedUntil;
  }

  /** Takes note of a faulty packet, which counts for `weight` of them if it cost as much work. */
  add(route: string, now: number, weight = 1): void {
    const known = this.#routes.get(route);
    const faults = known && now - known.since < INGRESS_LIMITS.faultWindowMs
      ? known
      : { since: now, count: 0, mutedUntil: 0 };
    faults.count += weight;
    if (faults.count >= INGRESS_LIMITS.faultsPerWindow) faults.mutedUntil = now + INGRESS_LIMITS.muteMs;
    this.#remember(route, faults);
  }

  /** Number of routes remembered. */
  get size(): number {
    return this.#routes.size;
  }

  #remember(route: string, faults: Faults): void {
    // Deleted and set again, so that the map's order is that of the last fault.
    this.#routes.delete(route);
    this.#routes.set(route, faults);
    if (this.#routes.size <= INGRESS_LIMITS.maxFaultyRoutes) return;
    const oldest = this.#routes.keys().next();
    if (!oldest.done) this.#routes.delete(oldest.value);
  }
}
