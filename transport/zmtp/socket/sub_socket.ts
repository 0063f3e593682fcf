import { HeldSources } from "./held_sources.ts";
import { type Link, type LinkOwner, zeroCounters } from "./link.ts";
import { ReadyLinks } from "./ready_links.ts";

/** A publisher, as the socket knows it. */
export interface Publisher extends LinkOwner {
  /** Calls it by another name from now on; a hold-off ends. */
  rename(name: string): void;
  /** Ends a hold-off: it is heard no more. */
  close(): void;
}

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

  /** Returns the owner of the one connection to the publisher called `name`. */
  publisher(name: string): Publisher {
    const own: { name: string; link: Link | null } = { name, link: null };
    return {
      opened: (link) => {
        own.link = link;
        link.tag = own.name;
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
        own.link = null;
        this.#links.delete(link);
        this.#ready.remove(link);
        this.#held.ended(link);
      },
      rename: (to) => {
        if (to === own.name) return;
        this.#held.release(own.name);
        own.name = to;
        if (own.link !== null) own.link.tag = to;
      },
      close: () => this.#held.release(own.name),
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
