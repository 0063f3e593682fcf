import type { Link } from "./link.ts";
import type { ReadyLinks } from "./ready_links.ts";

interface Held {
  /** By `performance.now()`. */
  until: number;
  readonly links: Set<Link>;
}

/**
 * Sources of a socket that are held off for a while: their links are neither read nor taken from. A source is remembered without a link too, so that
 * coming back helps nobody.
 */
export class HeldSources {
  readonly #ready: ReadyLinks;
  readonly #sourceOf: (link: Link) => string;
  readonly #held = new Map<string, Held>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `sourceOf` names the source of a link. */
  constructor(ready: ReadyLinks, sourceOf: (link: Link) => string) {
    this.#ready = ready;
    this.#sourceOf = sourceOf;
  }

  /** Holds `source`, with those of `links` that are its own, for `forMs` milliseconds; one that is held already, until whichever end is later. */
  hold(source: string, links: Iterable<Link>, forMs: number): void {
    const until = performance.now() + forMs;
    const held = this.#held.get(source);
    if (held !== undefined) held.until = Math.max(held.until, until);
    else this.#begin(source, links, until);
  }

  /** Holds a new link if its source is held. */
  opened(link: Link): void {
    const held = this.#held.get(this.#sourceOf(link));
    if (held !== undefined) this.#holdLink(held, link);
  }

  ended(link: Link): void {
    this.#held.get(this.#sourceOf(link))?.links.delete(link);
  }

  /** Forgets a source that will not come back. */
  forget(source: string): void {
    this.#held.delete(source);
  }

  /** Ends a hold-off before its time. */
  release(source: string): void {
    const held = this.#held.get(source);
    this.#held.delete(source);
    for (const link of held?.links ?? []) link.release();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#held.clear();
  }

  #begin(source: string, links: Iterable<Link>, until: number): void {
    const held: Held = { until, links: new Set() };
    this.#held.set(source, held);
    for (const link of links) if (this.#sourceOf(link) === source) this.#holdLink(held, link);
    this.#setTimer();
  }

  #holdLink({ links }: Held, link: Link): void {
    links.add(link);
    link.hold();
    this.#ready.remove(link);
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    if (this.#held.size === 0) return;
    const first = Math.min(...[...this.#held.values()].map(({ until }) => until));
    this.#timer = setTimeout(() => this.#releaseDue(), Math.max(0, first - performance.now()));
  }

  #releaseDue(): void {
    const now = performance.now();
    for (const [source, { until, links }] of [...this.#held]) {
      if (until > now) continue;
      this.#held.delete(source);
      for (const link of links) link.release();
    }
    this.#setTimer();
  }
}
