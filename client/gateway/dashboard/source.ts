/** The dashboard's data: one poller for all viewers, and none while nobody looks. */
import { judgeHealth } from "../../calls/cluster_health.ts";
import type { Client } from "../../client_types.ts";
import { LatencyWindow } from "./latency_window.ts";
import { MAX_POINTS, MAX_TIMELINE } from "./limits.ts";
import { Listeners, sentEvent } from "./listeners.ts";
import { LogTail, type ShownEntry } from "./log_tail.ts";
import type { PlayControl } from "./play_port.ts";
import { type Reading, readingOf } from "./readings.ts";
import { headsOf, type LogHeads, type Point, type Snapshot, snapshotOf } from "./snapshot.ts";
import { type Happening, Timeline } from "./timeline.ts";

const INTERVAL_MS = 1000;
/** Time a look waits for silent replicas. */
const PATIENCE_MS = 800;
/** Rates are those between two looks at most this far apart. */
const RATE_SPAN_MS = 5000;

/** The part of a client that a dashboard needs. */
export type DashboardClient = Pick<Client, "getStatus" | "getCommittedCommand" | "roster" | "report">;

/** Dependencies and options of {@linkcode DashboardSource}. */
export interface DashboardOptions {
  readonly client: DashboardClient;
  /** Breaks and mends replicas; only of a cluster that is there for it. */
  readonly play?: PlayControl | null;
  /** Time between two looks, in milliseconds; 1000 by default. */
  readonly intervalMs?: number;
  /** Monotonic clock in milliseconds; `performance.now` by default. */
  readonly now?: () => number;
}

/** An event of the timeline. */
export interface TimelineEvent extends Happening {
  readonly id: number;
  /** Time at which it was seen on this process's clock, which begins with it: up to a look later than it happened. */
  readonly at: number;
}

/** Looks at a cluster once a second while somebody watches, and tells all who do. */
export class DashboardSource {
  /** Latencies of requests, to be recorded by whoever answers them. */
  readonly latency = new LatencyWindow();
  readonly play: PlayControl | null;
  readonly #client: DashboardClient;
  readonly #intervalMs: number;
  readonly #now: () => number;
  readonly #listeners = new Listeners((count) => this.#watched(count));
  readonly #timeline = new Timeline();
  readonly #tail: LogTail;
  #events: TimelineEvent[] = [];
  #eventId = 0;
  #points: Point[] = [];
  #snapshot: Snapshot | null = null;
  #before: { readonly at: number; readonly committed: number | null } | null = null;
  #polling: Promise<void> | null = null;
  #closed = false;
  #wake: () => void = () => {};

  constructor(
    { client, play = null, intervalMs = INTERVAL_MS, now = () => Math.round(performance.now()) }: DashboardOptions,
  ) {
    this.#client = client;
    this.play = play;
    this.#intervalMs = intervalMs;
    this.#now = now;
    this.#tail = new LogTail(client);
  }

  /** Number of viewers now. */
  get viewers(): number {
    return this.#listeners.count;
  }

  /** Returns a stream of server-sent events that begins with what is known; null if there are too many viewers, or it is closed. */
  watch(): ReadableStream<Uint8Array> | null {
    if (this.#closed) return null;
    const hello = {
      ...{ snapshot: this.#snapshot, points: this.#points, log: this.#tail.entries, timeline: this.#events },
      ...{ lies: this.play?.lies ?? null, now: this.#now() },
    };
    return this.#listeners.open([sentEvent("hello", hello)]);
  }

  /** Adds to the timeline what somebody did. */
  note(happening: Happening): void {
    this.#addEvents([happening]);
  }

  /** Ends all streams, and waits for a look under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.close();
    this.#wake();
    await this.#polling;
  }

  #watched(count: number): void {
    if (count === 0) return this.#wake();
    this.#polling ??= this.#poll().finally(() => {
      this.#polling = null;
      // Somebody came while the last look ended.
      if (this.viewers > 0) this.#watched(this.viewers);
    });
  }

  async #poll(): Promise<void> {
    while (this.viewers > 0 && !this.#closed) {
      const startedAt = this.#now();
      await this.#look();
      const restMs = this.#intervalMs - (this.#now() - startedAt);
      // After a look that took long the cluster is left alone for a moment all the same.
      if (this.viewers > 0 && !this.#closed) await this.#pause(Math.max(this.#intervalMs / 10, restMs));
    }
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }

  async #look(): Promise<void> {
    try {
      await this.#lookOnce();
    } catch (error) {
      // The client was closed, or its key is listed no more: the page says that its data is old.
      this.#listeners.tell("trouble", { text: error instanceof Error ? error.message : String(error) });
    }
  }

  async #lookOnce(): Promise<void> {
    const lines = await this.#client.getStatus({ timeoutMs: PATIENCE_MS });
    const { roster, report } = this.#client;
    const health = judgeHealth(lines, roster.constants.profile);
    const readings = lines.map(readingOf);
    const heads = headsOf(readings, health.sizes.weak);
    const added = heads.committed === null ? [] : await this.#tail.advance(heads.committed, PATIENCE_MS);
    const at = this.#now();
    const point = this.#pointOf(at, heads, added);
    const { standings, sizes: { weak } } = health;
    const { disagreements } = report;
    const happened = this.#timeline.after({
      ...{ readings, standings, weak, disagreements: { ...disagreements } },
      forked: forkedFrom(this.#tail.entries, readings),
    });
    const states = this.play?.states() ?? {};
    this.#snapshot = snapshotOf({ at, roster, health, readings, states, point });
    this.#points = [...this.#points, point].slice(-MAX_POINTS);
    if (added.length > 0) this.#listeners.tell("log", added);
    this.#addEvents(happened);
    this.#listeners.tell("snapshot", this.#snapshot);
  }

  #pointOf(at: number, { committed }: LogHeads, added: readonly ShownEntry[]): Point {
    const before = this.#before;
    this.#before = { at, committed };
    const latencies = this.latency.take();
    const unknown = { at, ...latencies, entriesPerS: null, commandsPerS: null };
    if (before === null || before.committed === null || committed === null) return unknown;
    const spanMs = at - before.at;
    if (spanMs <= 0 || spanMs > RATE_SPAN_MS) return unknown;
    const entriesPerS = 1000 * Math.max(0, committed - before.committed) / spanMs;
    const commands = added.reduce((sum, entry) => sum + entry.commands, 0);
    const commandsPerS = added.length === 0 ? 0 : entriesPerS * commands / added.length;
    return { at, ...latencies, entriesPerS, commandsPerS };
  }

  #addEvents(happened: readonly Happening[]): void {
    if (happened.length === 0) return;
    const added = happened.map((each) => ({ id: ++this.#eventId, at: this.#now(), ...each }));
    this.#events = [...this.#events, ...added].slice(-MAX_TIMELINE);
    this.#listeners.tell("timeline", added);
  }
}

/** Returns the replicas whose commit hash is another than that of the entry at their commit index. */
function forkedFrom(entries: readonly ShownEntry[], readings: readonly Reading[]) {
  const hashes = new Map(entries.map(({ index, hash }) => [index, hash]));
  return readings.flatMap(({ replica, commitIndex, commitHash }) => {
    const hash = commitIndex === null ? undefined : hashes.get(commitIndex);
    return hash === undefined || commitHash === null || hash === commitHash ? [] : [{ replica, index: commitIndex! }];
  });
}
