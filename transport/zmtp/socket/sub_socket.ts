import { type LinkOwner, zeroCounters } from "./link.ts";
import { ReadyLinks } from "./ready_links.ts";

/** A SUB: hears everything that its publishers say, each in turn. */
export class SubSocket {
  readonly counters = zeroCounters();
  readonly #ready = new ReadyLinks(this.counters);
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
      },
      readable: (link) => {
        this.#ready.add(link);
        this.#onReadable();
      },
      refused: (count) => this.counters.refused += count,
      ended: (link) => this.#ready.remove(link),
    };
  }

  /** Returns the next message and its publisher's name; null if there is none. */
  take(): { readonly publisher: string; readonly frames: Uint8Array[] } | null {
    const frames = this.#ready.next();
    return frames && { publisher: this.#ready.from!.tag, frames };
  }
}
