import { TokenBucket } from "../connection/token_bucket.ts";
import type { CloseCause } from "../connection/violation.ts";

/** A connection as the table sees it. */
export interface Admitted {
  readonly address: string;
  close(cause: CloseCause): void;
}

const CROWDED: CloseCause = { code: "evicted", detail: "As many connections are established as there may be" };

/** Bounds of the table. */
export interface AdmissionLimits {
  readonly strangersPerAddress: number;
  readonly strangers: number;
  readonly connectionsPerKey: number;
  readonly connections: number;
  readonly connectionsPerKeyPerSecond: number;
  readonly connectionBurstPerKey: number;
  readonly barredMs: number;
  readonly longestBarMs: number;
  readonly forgivenMs: number;
}

/** Knows the connections of one port, strangers by their address and the others by their key, and keeps both within bounds. */
export class AdmissionTable {
  readonly #limits: AdmissionLimits;
  readonly #strangers = new Map<string, Set<Admitted>>();
  readonly #keys = new Map<string, Set<Admitted>>();
  /** Keys that are barred or were: until when, and for how long. */
  readonly #bars = new Map<string, { readonly until: number; readonly ms: number }>();
  /** Keys that connections were established for, and how many more may be at once. */
  readonly #paces = new Map<string, TokenBucket>();
  #strangerCount = 0;
  #establishedCount = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  get strangers(): number {
    return this.#strangerCount;
  }

  get established(): number {
    return this.#establishedCount;
  }

  /** Takes a newcomer in. The oldest stranger makes room for it: of the same address, or of the one that has most. */
  enter(newcomer: Admitted): void {
    const { address } = newcomer;
    if (sizeOf(this.#strangers, address) >= this.#limits.strangersPerAddress) this.#evictFrom(address);
    if (this.#strangerCount >= this.#limits.strangers) this.#evictFrom(this.#largestAddress());
    addTo(this.#strangers, address, newcomer);
    this.#strangerCount++;
  }

  /** Moves a stranger to the established, under its key if it has one. Returns the cause of its end, moving nothing, if there is no place for it. */
  establish(connection: Admitted, key: string | null, now: number): CloseCause | null {
    if (this.#establishedCount >= this.#limits.connections) return CROWDED;
    if (key !== null && sizeOf(this.#keys, key) >= this.#limits.connectionsPerKey) {
      evict(this.#keys.get(key)!, `${this.#limits.connectionsPerKey} newer connections of the same key`);
    }
    if (removeFrom(this.#strangers, connection.address, connection)) this.#strangerCount--;
    addTo(this.#keys, key ?? "", connection);
    this.#establishedCount++;
    if (key !== null) this.#paceOf(key, now).take(now);
    return null;
  }

  /** Lets nobody else in with `key` for a while: a connection of it was ended for breaking rules. Who does so again soon is barred for twice as long. */
  bar(key: string, now: number): void {
    const { barredMs, longestBarMs, forgivenMs } = this.#limits;
    const last = this.#bars.get(key);
    const isSoon = last !== undefined && now < last.until + forgivenMs;
    // Its other connections may end for the same while it is barred.
    const ms = !isSoon ? barredMs : now < last.until ? last.ms : Math.min(longestBarMs, last.ms * 2);
    this.#bars.set(key, { until: now + ms, ms });
  }

  /** Forgets what those of other keys than these have done. */
  forgetBars(isKept: (key: string) => boolean): void {
    for (const all of [this.#bars, this.#paces]) for (const key of [...all.keys()]) if (!isKept(key)) all.delete(key);
  }

  /** Returns whether who comes with `key` has to wait: it is barred, or connects again and again. */
  isBarred(key: string, now: number): boolean {
    return now < (this.#bars.get(key)?.until ?? 0) || !this.#paceOf(key, now).allows(now);
  }

  #paceOf(key: string, now: number): TokenBucket {
    const { connectionsPerKeyPerSecond, connectionBurstPerKey } = this.#limits;
    const pace = this.#paces.get(key) ?? new TokenBucket(connectionsPerKeyPerSecond, connectionBurstPerKey, now);
    this.#paces.set(key, pace);
    return pace;
  }

  /** Forgets a connection that has ended. */
  leave(connection: Admitted, key: string | null): void {
    if (removeFrom(this.#strangers, connection.address, connection)) this.#strangerCount--;
    else if (removeFrom(this.#keys, key ?? "", connection)) this.#establishedCount--;
  }

  #evictFrom(address: string): void {
    evict(this.#strangers.get(address)!, `${this.#strangerCount} connections that are not established`);
  }

  #largestAddress(): string {
    let [largest, size] = ["", -1];
    for (const [address, { size: count }] of this.#strangers) if (count > size) [largest, size] = [address, count];
    return largest;
  }
}

/** Ends the oldest; its end takes it out of the table. */
function evict(connections: Set<Admitted>, why: string): void {
  const [oldest] = connections;
  oldest?.close({ code: "evicted", detail: `Made room: ${why}` });
}

const sizeOf = (table: Map<string, Set<Admitted>>, name: string): number => table.get(name)?.size ?? 0;

function addTo(table: Map<string, Set<Admitted>>, name: string, connection: Admitted): void {
  table.set(name, (table.get(name) ?? new Set()).add(connection));
}

function removeFrom(table: Map<string, Set<Admitted>>, name: string, connection: Admitted): boolean {
  const connections = table.get(name);
  const wasThere = connections?.delete(connection) ?? false;
  if (connections?.size === 0) table.delete(name);
  return wasThere;
}
