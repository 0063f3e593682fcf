import type { Link, SocketCounters } from "./link.ts";

/** Links that have messages, served in turn, a message each: a flood holds up nobody but itself. */
export class ReadyLinks {
  readonly #links: Link[] = [];
  readonly #counters: SocketCounters;
  #turn = 0;
  /** The link that the last message came over. */
  from: Link | null = null;

  constructor(counters: SocketCounters) {
    this.#counters = counters;
  }

  get isEmpty(): boolean {
    return this.#links.length === 0;
  }

  add(link: Link): void {
    this.#links.push(link);
  }

  remove(link: Link): void {
    const place = this.#links.indexOf(link);
    if (place >= 0) this.#removeAt(place);
  }

  /** Returns the next message, and whose it is in {@linkcode from}; null if nobody has one. */
  next(): Uint8Array[] | null {
    while (this.#links.length > 0) {
      if (this.#turn >= this.#links.length) this.#turn = 0;
      const place = this.#turn;
      const link = this.#links[place]!;
      const message = link.take();
      if (message !== null) {
        this.#turn++;
        this.#counters.received++;
        this.from = link;
        return message;
      }
      // It may have ended meanwhile, and be gone from here.
      if (this.#links[place] === link) this.#removeAt(place);
    }
    return null;
  }

  /** The last one takes the free place, so that it costs the same among thousands. */
  #removeAt(place: number): void {
    const last = this.#links.pop()!;
    if (place < this.#links.length) this.#links[place] = last;
  }
}
