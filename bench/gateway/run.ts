/** Runs one measurement of a gateway. */
import type { Client } from "../../client/mod.ts";
import { PORTS_PER_REPLICA } from "../../crypto/roster/generate_cluster.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import { findFreePorts } from "../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { type LatencySummary, summarize } from "../support/latencies.ts";
import { Listeners } from "./listeners.ts";
import type { GatewayPlan } from "./plan.ts";
import type { Rate } from "./rate.ts";
import { runWrk } from "./wrk.ts";

const KEYS = 1000;
const TIMEOUT_MS = 60_000;
const VALUE = new TextEncoder().encode("0123456789abcdef");

export interface GatewayResult {
  readonly plan: GatewayPlan;
  /** Operations of a program that uses the library, as many under way as there are connections. */
  readonly library: Readonly<Record<"library writes" | "library reads", Rate>>;
  readonly http: Readonly<Record<"gateway writes" | "gateway reads", Rate>>;
  readonly watch: {
    readonly listeners: number;
    readonly writes: number;
    /** Listeners that did not hear of each write once, in order. */
    readonly wrong: number;
    /** From the beginning of a write until a listener has heard of it. */
    readonly delay: LatencySummary;
    /** From the beginning of a write until it was acknowledged. */
    readonly write: LatencySummary;
  };
}

/** Runs `plan`; `say` gets a line per measurement. */
export async function runGateway(plan: GatewayPlan, say: (line: string) => void): Promise<GatewayResult> {
  const dir = await Deno.makeTempDir();
  try {
    const basePort = findFreePorts(4 * PORTS_PER_REPLICA);
    await using cluster = await LocalCluster.open({ dir, replicas: 4, clients: 3, basePort });
    await cluster.startAll();
    const client = await cluster.client("c1");
    const url = await startGateway(cluster, "c2");
    const wrk = { ...plan, keys: KEYS, dir };
    say(`library: ${plan.connections} operations under way`);
    const library = {
      "library writes": await measure(plan, (key) => client.put(key, VALUE, { timeoutMs: TIMEOUT_MS })),
      "library reads": await measure(plan, (key) => client.get(key, { timeoutMs: TIMEOUT_MS })),
    };
    say(`gateway: ${plan.connections} connections of wrk`);
    const http = {
      "gateway writes": await runWrk(url, "PUT", wrk),
      "gateway reads": await runWrk(url, "GET", wrk),
    };
    say(`watch: ${plan.listeners} listeners, ${plan.rate} writes a second`);
    return { plan, library, http, watch: await watched(plan, client, url) };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function startGateway(cluster: LocalCluster, id: string): Promise<string> {
  const { stdout } = cluster.gateway(id, "127.0.0.1:0");
  const line = await stdout.waitFor("the gateway", (each) => /http:\/\/\S+/.test(each), TIMEOUT_MS);
  return /http:\/\/[^\s/]+/.exec(line)![0];
}

async function measure(
  { connections, seconds }: GatewayPlan,
  act: (key: string) => Promise<unknown>,
): Promise<Rate> {
  const latencies: number[] = [];
  const [start, end] = [performance.now(), performance.now() + 1000 * seconds];
  let [place, failed] = [0, 0];
  await Promise.all(Array.from({ length: connections }, async () => {
    while (performance.now() < end) {
      const begun = performance.now();
      await act(`bench/${place++ % KEYS}`).then(() => latencies.push(performance.now() - begun), () => failed++);
    }
  }));
  const { count, p50, p99 } = summarize(latencies);
  return { perSecond: 1000 * count / (performance.now() - start), p50, p99, failed };
}

async function watched(
  { listeners: count, rate, seconds }: GatewayPlan,
  client: Client,
  url: string,
): Promise<GatewayResult["watch"]> {
  const [begun, took]: [number[], number[]] = [[], []];
  const listeners = new Listeners(begun);
  await listeners.open(`${url}/v1/watch?prefix=heard/`, count);
  const writes = rate * seconds;
  const start = performance.now();
  while (begun.length < writes) {
    const place = begun.push(performance.now()) - 1;
    await client.put("heard/last", new TextEncoder().encode(String(place)), { timeoutMs: TIMEOUT_MS });
    took.push(performance.now() - begun[place]!);
    const rest = start + 1000 * begun.length / rate - performance.now();
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
  }
  await eventually("every listener to hear of every write", () => listeners.heardByAll >= writes, TIMEOUT_MS);
  const { delay, wrong } = listeners.close(writes);
  return { listeners: count, writes, wrong, delay, write: summarize(took) };
}
