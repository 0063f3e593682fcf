/** One watch of the cluster for all listeners of a gateway: what it tells is handed to each of them, within its own bound. */
import { encodeKvWatch, isWatched, type KvWatch } from "../../state_machine/mod.ts";
import type { FeedNews } from "../calls/follow_feed.ts";
import { type ChangeEvent, changesIn } from "../calls/watch.ts";
import type { Client } from "../client_types.ts";
import { GATEWAY_LIMITS } from "./limits.ts";
import { Problem } from "./problems.ts";
import { encodeChanges, type Encoded } from "./sse.ts";

/** Returns the part of an event that a watch sees, or null if that is nothing. */
function seenBy(watch: KvWatch, event: ChangeEvent): ChangeEvent | null {
  const changes = event.changes.filter(({ key }) => isWatched(watch, key));
  if (changes.length === event.changes.length) return event;
  return changes.length === 0 ? null : { revision: event.revision, changes };
}

/** An event as it is sent, encoded once for all that see all of it. */
interface Recent {
  readonly event: ChangeEvent;
  readonly encoded: Encoded;
}

/** The events that wait for one listener. */
export class Listener {
  readonly #cluster: string;
  readonly #watch: KvWatch;
  readonly #waiting: Encoded[] = [];
  #bytes = 0;
  #ended = false;
  #fault: unknown = null;
  #wake: (() => void) | null = null;
  #roomAwaited: (() => void) | null = null;

  constructor(cluster: string, watch: KvWatch) {
    this.#cluster = cluster;
    this.#watch = watch;
  }

  /** Takes an event of the hub. One that has too much waiting is ended: its reader is too slow. */
  take({ event, encoded }: Recent): void {
    const seen = seenBy(this.#watch, event);
    if (seen === null || this.#ended) return;
    const bytes = seen === event ? encoded : encodeChanges(this.#cluster, seen);
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes > GATEWAY_LIMITS.maxWaitingBytes) {
      this.end(new Problem("too-many-requests", "this listener reads too slowly"));
    } else this.#notify();
  }

  /** Resolves once there is room for more, or it has ended. */
  async hasRoom(): Promise<void> {
    while (this.#bytes > GATEWAY_LIMITS.maxWaitingBytes / 2 && !this.#ended) {
      await new Promise<void>((resolve) => this.#roomAwaited = resolve);
    }
  }

  /** Ends it, with a fault or, by its own will, with null. What waits is not told any more. */
  end(fault: unknown): void {
    this.#ended = true;
    this.#fault ??= fault;
    this.#waiting.length = 0;
    this.#notify();
    this.#roomAwaited?.();
  }

  /** Resolves to what is to be sent next; null where nothing came within `waitMs`. Rejects with the fault that ended it. */
  async next(waitMs: number): Promise<Encoded | null> {
    if (this.#waiting.length === 0 && !this.#ended) await this.#wait(waitMs);
    if (this.#ended) throw this.#fault ?? new Problem("not-available", "this watch has ended");
    const next = this.#waiting.shift() ?? null;
    this.#bytes -= next?.length ?? 0;
    this.#roomAwaited?.();
    return next;
  }

  #wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = null;
  }
}

export class WatchHub {
  readonly #client: Client;
  readonly #listeners = new Set<Listener>();
  /** Those that are level with the hub; others are catching up. */
  readonly #joined = new Set<Listener>();
  /** The latest events, ascending: all from `oldest` on. */
  readonly #recent: Recent[] = [];
  #recentBytes = 0;
  #oldest = 0;
  #upstream: AbortController | null = null;
  #starting: Promise<void> | null = null;
  #catchingUp = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Number of open listeners. */
  get size(): number {
    return this.#listeners.size;
  }

  /**
   * Begins to listen from revision `from` on. To be closed by whoever listens. Without `shares` the listener reads from the cluster by itself all along: that is for a key
   * that may not read all of what the hub would watch.
   */
  async open(watch: KvWatch, from: number, signal: AbortSignal, shares = true): Promise<Listener> {
    if (this.#listeners.size >= GATEWAY_LIMITS.maxListeners) {
      throw new Problem("not-available", `${this.#listeners.size} watches are open; wanted fewer before another one`);
    }
    const listener = new Listener(this.#client.roster.cluster, watch);
    this.#listeners.add(listener);
    try {
      if (shares) await (this.#starting ??= this.#start());
      if (!shares) await this.#catchUp(listener, watch, from, signal, false);
      else if (from < this.#oldest) await this.#catchUp(listener, watch, from, signal);
      else this.#follow(listener, watch, from, signal);
    } catch (error) {
      this.close(listener);
      throw error;
    }
    return listener;
  }

  /** Ends a listener; the watch of the cluster goes with the last one. */
  close(listener: Listener): void {
    listener.end(null);
    this.#joined.delete(listener);
    if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.stop();
  }

  /** Ends the watch of the cluster, and every listener. */
  stop(): void {
    this.#upstream?.abort();
    this.#upstream = null;
    this.#starting = null;
    [this.#recent.length, this.#recentBytes] = [0, 0];
    for (const listener of this.#listeners) listener.end(null);
    this.#listeners.clear();
    this.#joined.clear();
  }

  /** Has a listener join from `from` on, which the hub has now; where it reads so slowly that this is gone meanwhile, it catches up first. */
  #follow(listener: Listener, watch: KvWatch, from: number, signal: AbortSignal): void {
    this.#join(listener, from).then((left) => left === null ? undefined : this.#catchUp(listener, watch, left, signal))
      .catch((fault) => listener.end(fault));
  }

  /** Hands what the hub has from `from` on to a listener, as it reads, and then whatever comes. Returns where it is if that is no longer here. */
  async #join(listener: Listener, from: number): Promise<number | null> {
    let next = from;
    while (next >= this.#oldest && this.#listeners.has(listener)) {
      const recent = this.#recent[this.#placeOf(next)];
      if (recent === undefined) {
        this.#joined.add(listener);
        return null;
      }
      listener.take(recent);
      next = recent.event.revision + 1;
      await listener.hasRoom();
    }
    return this.#listeners.has(listener) ? next : null;
  }

  /** Returns the place in the hub of the first event at or behind a revision. */
  #placeOf(revision: number): number {
    let [low, high] = [0, this.#recent.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#recent[middle]!.event.revision < revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  async #start(): Promise<void> {
    const upstream = this.#upstream = new AbortController();
    const watch = await this.#client.watch("", { signal: upstream.signal });
    this.#oldest = watch.through + 1;
    this.#run(watch, upstream).catch((fault) => {
      if (this.#upstream !== upstream) return;
      for (const listener of this.#listeners) listener.end(fault);
      this.stop();
    });
  }

  async #run(watch: AsyncIterable<ChangeEvent>, upstream: AbortController): Promise<void> {
    for await (const event of watch) {
      if (this.#upstream !== upstream) return;
      const recent = { event, encoded: encodeChanges(this.#client.roster.cluster, event) };
      this.#keep(recent);
      for (const listener of this.#joined) listener.take(recent);
    }
  }

  #keep(recent: Recent): void {
    this.#recent.push(recent);
    this.#recentBytes += recent.encoded.length;
    while (this.#recentBytes > GATEWAY_LIMITS.maxRecentBytes) {
      const { event, encoded } = this.#recent.shift()!;
      this.#recentBytes -= encoded.length;
      this.#oldest = event.revision + 1;
    }
  }

  /** Reads what is behind the hub's latest events with a watch of its own, and joins once it is level with them, if it does at all. Resolves once that has begun. */
  async #catchUp(
    listener: Listener,
    watch: KvWatch,
    from: number,
    signal: AbortSignal,
    joins = true,
  ): Promise<void> {
    if (this.#catchingUp >= GATEWAY_LIMITS.maxCatchingUp) {
      throw new Problem(
        "too-many-requests",
        `${this.#catchingUp} watches read from the cluster by themselves; wanted fewer before another one`,
      );
    }
    this.#catchingUp++;
    const ends = new AbortController();
    const encoded = encodeKvWatch(watch);
    const news = this.#client.follow(encoded, from - 1, AbortSignal.any([signal, ends.signal]))[Symbol.asyncIterator]();
    const end = () => {
      ends.abort();
      this.#catchingUp--;
    };
    try {
      const first = joins ? await news.next() : null;
      this.#read(listener, first, news).catch((fault) => listener.end(fault)).finally(end);
    } catch (error) {
      end();
      throw error;
    }
  }

  /** Hands the news to a listener; without a `first` one it does not join. */
  async #read(
    listener: Listener,
    first: IteratorResult<FeedNews> | null,
    news: AsyncIterator<FeedNews>,
  ): Promise<void> {
    for (let next = first ?? await news.next(); !next.done; next = await news.next()) {
      for (const { position, value } of next.value.events) {
        const event = { revision: position, changes: changesIn(value) };
        listener.take({ event, encoded: encodeChanges(this.#client.roster.cluster, event) });
        await listener.hasRoom();
      }
      if (!this.#listeners.has(listener)) return;
      const from = next.value.through + 1;
      // What came meanwhile may be gone from here again: then this goes on.
      if (first !== null && from >= this.#oldest && await this.#join(listener, from) === null) return;
    }
  }
}
