/** The routes for answers to each client: up to four, each registered by the client's own signed greeting. */
import type { ClientId } from "../../protocol/ids.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";

interface Greeting {
  /** The client's own clock. */
  readonly time: number;
  /** Time at which it was heard, on this replica's clock. */
  readonly at: number;
}

/** The routes of the roster's clients, which bounds their number. Routes are hints for answering, never identities (§2.3). */
export class Routes {
  readonly #clients = new Map<ClientId, Map<string, Greeting>>();

  /**
   * Registers `route` by a verified greeting. Returns false and changes nothing if that greeting was heard before, or if four newer ones
   * are known: replayed greetings can never push out the newest. A client whose clock went back still gets a route, as long as there is
   * room.
   */
  greet(client: ClientId, route: string, time: number, now: number): boolean {
    const routes = this.#clients.get(client) ?? new Map<string, Greeting>();
    dropExpired(routes, now);
    if (time <= (routes.get(route)?.time ?? -1) || [...routes.values()].some((known) => known.time === time)) {
      return false;
    }
    const oldest = oldestOf(routes);
    const full = !routes.has(route) && routes.size >= INGRESS_LIMITS.routesPerClient;
    if (full && oldest !== null) {
      if (time < oldest.time) return false;
      routes.delete(oldest.route);
    }
    routes.set(route, { time, at: now });
    this.#clients.set(client, routes);
    return true;
  }

  /** Returns whether `client` itself greeted from `route` recently. */
  has(client: ClientId, route: string, now: number): boolean {
    const greeting = this.#clients.get(client)?.get(route);
    return greeting !== undefined && now - greeting.at < INGRESS_LIMITS.routeLifeMs;
  }

  /**
   * Returns the name whose rate a packet over `route` spends. A client's signed bytes go to all replicas, and each of them can submit them
   * again here. So only packets over a route the client greeted from spend its own rate; all others share another of the same size.
   */
  payer(client: ClientId, route: string, now: number): string {
    return this.has(client, route, now) ? client : `${client} elsewhere`;
  }

  /** Returns all live routes of `client`. */
  of(client: ClientId, now: number): Iterable<string> {
    const routes = this.#clients.get(client);
    if (routes === undefined) return [];
    dropExpired(routes, now);
    return routes.keys();
  }

  /** Returns the number of clients with a live route. */
  connected(now: number): number {
    let count = 0;
    for (const routes of this.#clients.values()) {
      dropExpired(routes, now);
      if (routes.size > 0) count++;
    }
    return count;
  }
}

function oldestOf(routes: ReadonlyMap<string, Greeting>): { readonly route: string; readonly time: number } | null {
  let oldest: { readonly route: string; readonly time: number } | null = null;
  for (const [route, { time }] of routes) if (oldest === null || time < oldest.time) oldest = { route, time };
  return oldest;
}

function dropExpired(routes: Map<string, Greeting>, now: number): void {
  for (const [route, { at }] of routes) if (now - at >= INGRESS_LIMITS.routeLifeMs) routes.delete(route);
}
