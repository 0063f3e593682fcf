import { type Link, type LinkOwner, zeroCounters } from "./link.ts";

/** A PUB: everything goes to everybody who has subscribed; for one who does not keep up it is dropped. */
export class PubSocket implements LinkOwner {
  readonly counters = zeroCounters();
  readonly #links = new Set<Link>();

  get subscribers(): number {
    let count = 0;
    for (const link of this.#links) if (link.isSubscribed) count++;
    return count;
  }

  opened(link: Link): void {
    this.#links.add(link);
  }

  /** Subscribers have nothing to say that would get here. */
  readable(link: Link): void {
    while (link.take() !== null) this.counters.refused++;
  }

  refused(count: number): void {
    this.counters.refused += count;
  }

  ended(link: Link): void {
    this.#links.delete(link);
  }

  /** Sends to every subscriber whose queue has room; `full` counts each that has none. */
  send(frames: readonly Uint8Array[]): void {
    this.counters.sent++;
    for (const link of this.#links) {
      if (link.isSubscribed && !link.send(frames)) this.counters.full++;
    }
  }
}
