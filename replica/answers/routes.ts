/** The routes for answers to each client, registered by the client's own signed greeting, which repeats that route's challenge. */
import { sha256 } from "../../crypto/digest.ts";
import { equalBytes } from "../../protocol/bytes/equal_bytes.ts";
import { ALL_SESSIONS, type ClientId, type LogIndex } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { SessionAnswer } from "../core/output.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";

interface Greeting {
  /** Time at which it was heard last, on this replica's clock. */
  readonly at: number;
  /** True if none was repeated, which a new session does not: of a process that may be gone again. */
  readonly once: boolean;
  readonly session: LogIndex;
}

/** A route, and the session whose answers it is to get beside those to registers, or `ALL_SESSIONS`. */
export interface Listener {
  readonly route: string;
  readonly session: LogIndex;
}

const SECRET_BYTES = 32;
const UTF8 = new TextEncoder();

/** The routes over which requests of a client came in one turn. */
interface Asking {
  readonly at: number;
  readonly routes: Set<string>;
}

/** The routes of the roster's clients, which bounds their number. Routes are hints for answering, never identities (§2.3). */
export class Routes {
  readonly #clients = new Map<ClientId, Map<string, Greeting>>();
  readonly #asking = new Map<ClientId, Asking>();
  readonly #secret: Uint8Array;

  /** `secret` is this run's own: challenges of an earlier one are worth nothing. */
  constructor(secret: Uint8Array = crypto.getRandomValues(new Uint8Array(SECRET_BYTES))) {
    this.#secret = secret;
  }

  /** Returns the challenge that a greeting over `route` has to repeat. Nothing is remembered for it, so that strangers cannot fill anything. */
  challenge(client: ClientId, route: string): Uint8Array {
    const name = UTF8.encode(client);
    const bytes = Uint8Array.of(...this.#secret, name.length, ...name, ...UTF8.encode(route));
    return sha256(bytes).subarray(0, LIMITS.nonceBytes);
  }

  /** Returns whether a greeting with `challenge` was made for this route. */
  isFor(client: ClientId, route: string, challenge: Uint8Array): boolean {
    return equalBytes(this.challenge(client, route), challenge);
  }

  /**
   * Registers `route` by a verified greeting with its challenge, for answers of `session`. Where all places are taken, it gets that of a route
   * which repeated no greeting, or none for long; else none: a process that begins never pushes out those that keep up theirs.
   */
  greet(client: ClientId, route: string, session: LogIndex, now: number): void {
    const routes = this.#clients.get(client) ?? new Map<string, Greeting>();
    dropExpired(routes, now);
    const full = !routes.has(route) && routes.size >= INGRESS_LIMITS.routesPerClient;
    if (full && !makeRoom(routes, now)) return;
    const known = routes.get(route);
    const once = known === undefined || (known.once && known.session !== session);
    routes.delete(route);
    routes.set(route, { at: now, once, session });
    this.#clients.set(client, routes);
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
    return payerOf(client, this.has(client, route, now));
  }

  /** Returns all live routes of `client`. */
  of(client: ClientId, now: number): Listener[] {
    const routes = this.#clients.get(client);
    if (routes === undefined) return [];
    dropExpired(routes, now);
    return Array.from(routes, ([route, { session }]) => ({ route, session }));
  }

  /** Takes note of a verified request of `client` over `route`, in the turn that began at `now`. */
  asks(client: ClientId, route: string, now: number): void {
    const known = this.#asking.get(client);
    if (known?.at === now) known.routes.add(route);
    else this.#asking.set(client, { at: now, routes: new Set([route]) });
  }

  /** Returns those live routes of `client` over which it asked in the last turn in which it did; who asks is told, whatever its session. */
  asking(client: ClientId, now: number): Listener[] {
    const { routes = new Set() } = this.#asking.get(client) ?? {};
    return this.of(client, now).filter(({ route }) => routes.has(route)).map(({ route }) => ({
      route,
      session: ALL_SESSIONS,
    }));
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

/** §7.2g: a process with one session needs answers to its commands, and to registers, of which nobody else knows whose they are. */
export const needs = ({ session }: Listener, answer: SessionAnswer): boolean =>
  session === ALL_SESSIONS || answer.session === null || answer.session === session;

/** The client's own rate where `own`, else the one of its bytes that others hand in. */
export const payerOf = (client: ClientId, own: boolean): string => own ? client : `${client} elsewhere`;

/** Routes are in the order of their latest greetings. */
function makeRoom(routes: Map<string, Greeting>, now: number): boolean {
  const known = [...routes];
  const [found] = known.find(([, { once }]) => once) ??
    known.find(([, { at }]) => now - at >= INGRESS_LIMITS.routeStaleMs) ?? [];
  return found !== undefined && routes.delete(found);
}

function dropExpired(routes: Map<string, Greeting>, now: number): void {
  for (const [route, { at }] of routes) if (now - at >= INGRESS_LIMITS.routeLifeMs) routes.delete(route);
}
