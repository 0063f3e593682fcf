/** Where answers for each client go: up to four routes, each registered by the client's own signed greeting. */
import type { ClientId } from "./core/ids.ts";
import { INGRESS_LIMITS } from "./ingress_limits.ts";

interface ClientRoutes {
  /** Highest `time` of a greeting seen; a greeting that is not newer is a replay, perhaps from somewhere else. */
  newest: number;
  /** When each route was greeted from last, oldest first. */
  readonly seen: Map<string, number>;
}

/** The routes of the roster's clients, which bounds their number. Routes are hints for answering, never identities (§2.3). */
export class Routes {
  readonly #clients = new Map<ClientId, ClientRoutes>();

  /** Registers `route` by a verified greeting. False, and nothing changes, where its `time` is not newer than all before. */
  greet(client: ClientId, route: string, time: number, now: number): boolean {
    const routes = this.#clients.get(client) ?? { newest: -1, seen: new Map<string, number>() };
    if (time <= routes.newest) return false;
    routes.newest = time;
    this.#clients.set(client, routes);
    routes.seen.delete(route);
    routes.seen.set(route, now);
    dropExpired(routes, now);
    if (routes.seen.size > INGRESS_LIMITS.routesPerClient) {
      const oldest = routes.seen.keys().next();
      if (!oldest.done) routes.seen.delete(oldest.value);
    }
    return true;
  }

  /** All living routes of `client`. */
  of(client: ClientId, now: number): Iterable<string> {
    const routes = this.#clients.get(client);
    if (routes === undefined) return [];
    dropExpired(routes, now);
    return routes.seen.keys();
  }

  /** Clients with a living route. */
  connected(now: number): number {
    let count = 0;
    for (const routes of this.#clients.values()) {
      dropExpired(routes, now);
      if (routes.seen.size > 0) count++;
    }
    return count;
  }
}

function dropExpired({ seen }: ClientRoutes, now: number): void {
  for (const [route, at] of seen) {
    if (now - at < INGRESS_LIMITS.routeLifeMs) return;
    seen.delete(route);
  }
}
