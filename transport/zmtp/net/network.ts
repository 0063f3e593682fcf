import type { ConnectionOptions } from "../connection/connection_options.ts";
import type { CloseCode } from "../connection/violation.ts";
import type { LinkOwner } from "../socket/link.ts";
import { ComputeBudget } from "./compute_budget.ts";
import { Dialer, type Target } from "./dialer.ts";
import { type End, Listener, type Shared } from "./listener.ts";
import { NET_LIMITS, type NetLimits } from "./net_limits.ts";
import { askingOnce, type Lookup, systemLookup } from "./resolver.ts";
import { Ticker } from "./ticker.ts";

/** Settings of a network end. */
export interface NetworkOptions {
  readonly limits?: Partial<NetLimits>;
  /** Resolver of host names; the system's if left out. */
  readonly lookup?: Lookup;
  /** Told of each connection's end. */
  readonly onEnd?: (end: End) => void;
}

/** All listeners and dialers of one party, with what they share. */
export class Network {
  readonly #shared: Shared;
  readonly #lookup: Lookup;
  readonly #parts = new Set<Listener | Dialer>();
  /** Ends of connections so far, by cause. */
  readonly ends = new Map<CloseCode, number>();

  constructor({ limits: given, lookup = systemLookup, onEnd }: NetworkOptions = {}) {
    const limits = { ...NET_LIMITS, ...given };
    const ticker = new Ticker(limits.tickMs);
    const budget = new ComputeBudget(limits.handshakesPerSecond, limits.handshakeBurst, ticker);
    this.#lookup = askingOnce(lookup);
    this.#shared = {
      ...{ limits, ticker, budget },
      onEnd: (end) => {
        this.ends.set(end.cause.code, (this.ends.get(end.cause.code) ?? 0) + 1);
        onEnd?.(end);
      },
    };
  }

  /** Listens at an address of this machine. Throws if it cannot. */
  listen(hostname: string, port: number, options: ConnectionOptions, owner: LinkOwner): Listener {
    const listener = new Listener({ hostname, port }, options, owner, this.#shared);
    this.#parts.add(listener);
    return listener;
  }

  /** Keeps `owner` connected to `target`, until {@linkcode hangUp}. */
  dial(target: Target, options: ConnectionOptions, owner: LinkOwner): Dialer {
    const dialer = new Dialer(target, options, owner, this.#shared, this.#lookup);
    this.#parts.add(dialer);
    dialer.start();
    return dialer;
  }

  /** Ends the connection at once, and tries no more. */
  async hangUp(dialer: Dialer): Promise<void> {
    await dialer.close();
    this.#parts.delete(dialer);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#parts].map((part) => part.close()));
    this.#shared.ticker.close();
    this.#shared.budget.close();
  }
}
