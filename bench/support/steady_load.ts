/**
 * Writers that go on until told to stop, each with keys of its own, and know what every key must hold: the last value whose
 * write was acknowledged, or one written later whose outcome is unknown.
 */
import { BusyError, type Client, NoQuorumError } from "../../client/mod.ts";
import { type LatencySummary, summarize } from "./latencies.ts";

/** Timeout of a write: longer than any pause of a live cluster. */
const TIMEOUT_MS = 120_000;
/** Concurrent reads when everything is checked. */
const PARALLEL_READS = 32;

export interface SteadyLoadPlan {
  /** Number of keys of all writers together. */
  readonly keys: number;
  /** Bytes of each value, at least 16. */
  readonly size: number;
  /** Writes per second of all writers together; null: each writes again as soon as it is answered. */
  readonly rate: number | null;
}

/** The values written under one key. */
interface KeyRecord {
  acknowledged: string | null;
  /** Values written after that, of unknown outcome. */
  readonly unknown: string[];
}

/** Result of reading everything back. */
export interface CheckResult {
  readonly keys: number;
  /** Keys whose value is not one they may hold, each with the value read and those wanted. */
  readonly wrong: readonly string[];
}

/** Writes since the previous window. */
export interface Window extends LatencySummary {
  readonly seconds: number;
  readonly writesPerSecond: number;
}

export class SteadyLoad {
  acknowledged = 0;
  unknown = 0;
  readonly #plan: SteadyLoadPlan;
  readonly #records = new Map<string, KeyRecord>();
  readonly #running: Promise<unknown>;
  #latencies: number[] = [];
  #windowStart = performance.now();
  #stopping = false;

  /** Starts a writer on each of `clients`. */
  constructor(clients: readonly Client[], plan: SteadyLoadPlan) {
    this.#plan = plan;
    this.#running = Promise.all(clients.map((client, i) => this.#write(client, i, clients.length)));
    this.#running.catch(() => this.#stopping = true);
  }

  /** Returns the writes acknowledged since the previous call. */
  window(): Window {
    const now = performance.now();
    const seconds = (now - this.#windowStart) / 1000;
    const summary = summarize(this.#latencies);
    this.#latencies = [];
    this.#windowStart = now;
    return { seconds, writesPerSecond: summary.count / seconds, ...summary };
  }

  /** Waits for writes in flight. Throws the error a writer failed with. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  /** Reads every key that was written. */
  async check(reader: Client): Promise<CheckResult> {
    const wrong: string[] = [];
    const left = [...this.#records];
    const read = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) {
        const [key, { acknowledged, unknown }] = next;
        const found = await reader.get(key, { timeoutMs: TIMEOUT_MS });
        const value = found.found ? mark(found.value) : null;
        if (value === acknowledged || (value !== null && unknown.includes(value))) continue;
        wrong.push(`${key}: read ${value}, wanted ${[acknowledged, ...unknown].join(" or ")}`);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_READS }, read));
    return { keys: this.#records.size, wrong };
  }

  async #write(client: Client, writer: number, writers: number): Promise<void> {
    const { keys, rate } = this.#plan;
    const pauseMs = rate === null ? 0 : 1000 * writers / rate;
    let due = performance.now() + pauseMs * Math.random();
    for (let count = 0; !this.#stopping; count++) {
      const key = `load/${writer + writers * (count % Math.max(1, Math.floor(keys / writers)))}`;
      await this.#put(client, key, `${count}`);
      due = Math.max(due + pauseMs, performance.now() - pauseMs);
      const waitMs = due - performance.now();
      if (pauseMs > 0 && waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  async #put(client: Client, key: string, value: string): Promise<void> {
    const record = this.#records.get(key) ?? { acknowledged: null, unknown: [] };
    this.#records.set(key, record);
    const sent = performance.now();
    try {
      await client.put(key, padded(value, this.#plan.size), { timeoutMs: TIMEOUT_MS });
    } catch (error) {
      if (!(error instanceof NoQuorumError || error instanceof BusyError)) throw error;
      record.unknown.push(value);
      this.unknown++;
      return;
    }
    this.#latencies.push(performance.now() - sent);
    record.acknowledged = value;
    record.unknown.length = 0;
    this.acknowledged++;
  }
}

const UTF8 = new TextEncoder();

/** Returns `value` and a space, filled up to `size` bytes with random ones that cannot be compressed or shared. */
function padded(value: string, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  bytes.set(UTF8.encode(`${value} `));
  return bytes;
}

const mark = (value: Uint8Array): string => new TextDecoder().decode(value.subarray(0, value.indexOf(32)));
