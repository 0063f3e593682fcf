import { HeldSources } from "./held_sources.ts";
import { type Link, type LinkOwner, zeroCounters } from "./link.ts";
import { ReadyLinks } from "./ready_links.ts";

/** Random bytes in a route: nobody guesses one, and no two are the same. */
const ROUTE_BYTES = 12;

/** A ROUTER: answers each connection by the route that it made up for it. No peer has a say in its route, whatever identity it claims. */
export class RouterSocket implements LinkOwner {
  readonly counters = zeroCounters();
  readonly #ready = new ReadyLinks(this.counters);
  readonly #held = new HeldSources(this.#ready, ({ peer, tag }) => peer ?? tag);
  readonly #routes = new Map<string, Link>();
  readonly #onReadable: () => void;
  readonly #onOpened: (peer: string | null) => void;

  /** `onReadable` is called when there is something to take, `onOpened` with the owner of each new connection. */
  constructor(onReadable: () => void, onOpened: (peer: string | null) => void = () => {}) {
    this.#onReadable = onReadable;
    this.#onOpened = onOpened;
  }

  get connections(): number {
    return this.#routes.size;
  }

  opened(link: Link): void {
    link.tag = crypto.getRandomValues(new Uint8Array(ROUTE_BYTES)).toHex();
    this.#routes.set(link.tag, link);
    this.#held.opened(link);
    this.#onOpened(link.peer);
  }

  readable(link: Link): void {
    this.#ready.add(link);
    this.#onReadable();
  }

  refused(count: number): void {
    this.counters.refused += count;
  }

  ended(link: Link): void {
    this.#routes.delete(link.tag);
    this.#ready.remove(link);
    this.#held.ended(link);
    // A stranger is its connection; who has a key is bound by the roster.
    if (link.peer === null) this.#held.forget(link.tag);
  }

  /** Takes nothing of the owner for a while, nor of the connection at `route` where nobody is authenticated. */
  holdOff(route: string, owner: string | null, forMs: number): void {
    if (owner !== null || this.#routes.has(route)) this.#held.hold(owner ?? route, this.#routes.values(), forMs);
  }

  /** Takes of this owner again: the name is another one's now, or nobody's. */
  release(owner: string): void {
    this.#held.release(owner);
  }

  /** Ends the connection at `route` for an offence in what it said. Returns false if there is none. */
  expel(route: string, offence: string): boolean {
    const link = this.#routes.get(route);
    link?.close({ code: "offence", detail: `What it said is no honest sender's: ${offence}` });
    return link !== undefined;
  }

  /** Forgets who is held off. */
  close(): void {
    this.#held.close();
  }

  /** Returns the next message, in turn over the connections; null if there is none. */
  take(): { readonly route: string; readonly peer: string | null; readonly frames: Uint8Array[] } | null {
    const frames = this.#ready.next();
    if (frames === null) return null;
    const { tag, peer } = this.#ready.from!;
    return { route: tag, peer, frames };
  }

  /** Sends to the connection at `route`. Returns false, and counts, if it is gone or its queue is full. */
  send(route: string, frames: readonly Uint8Array[]): boolean {
    const link = this.#routes.get(route);
    const isSent = link?.send(frames) ?? false;
    if (isSent) this.counters.sent++;
    else if (link === undefined) this.counters.unreachable++;
    else this.counters.full++;
    return isSent;
  }
}
