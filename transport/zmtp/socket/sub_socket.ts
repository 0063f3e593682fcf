import { HeldSources } from "./held_sources.ts";
import { type Link, type LinkOwner, zeroCounters } from "./link.ts";
import { ReadyLinks } from "./ready_links.ts";

/** A SUB: hears everything that its publishers say, each in turn. */
export class SubSocket {
  readonly counters = zeroCounters();
  readonly #ready = new ReadyLinks(this.counters);
  readonly #held = new HeldSources(this.#ready, ({ tag }) => tag);
  readonly #links = new Set<Link>();
  readonly #onReadable: () => void;

  constructor(onReadable: () => void) {
    this.#onReadable = onReadable;
  }

  /** Returns the owner for connections to the publisher called `name`. */
  publisher(name: string): LinkOwner {
    return {
      opened: (link) => {
        link.tag = name;
        link.subscribe();
        this.#links.add(link);
        this.#held.opened(link);
      },
      readable: (link) => {
        this.#ready.add(link);
        this.#onReadable();
      },
      refused: (count) => this.counters.refused += count,
      ended: (link) => {
        this.#links.delete(link);
        this.#ready.remove(link);
        this.#held.ended(link);
      },
    };
  }

  /** Takes nothing of this publisher for a while. */
  holdOff(publisher: string, forMs: number): void {
    this.#held.hold(publisher, this.#links, forMs);
  }

  /** Forgets who is held off. */
  close(): void {
    this.#held.close();
  }

  /** Returns the next message and its publisher's name; null if there is none. */
  take(): { readonly publisher: string; readonly frames: Uint8Array[] } | null {
    const frames = this.#ready.next();
    return frames && { publisher: this.#ready.from!.tag, frames };
  }
}
