/**
 * Measures the transports on this machine, on loopback: `deno run --allow-all bench/transport_bench.ts [seconds]`. Prints one line of JSON per
 * figure: first the processor time of an echoed message with each engine (`transport/cpu.ts`), then ZeroMQ's times in one process.
 */
import process from "node:process";
import { freePorts } from "../tasks/support/free_ports.ts";
import type { ClientTransport, ReplicaTransport } from "../transport/port.ts";
import { createZmqClientTransport } from "../transport/zmq/zmq_client_transport.ts";
import { createZmqReplicaTransport } from "../transport/zmq/zmq_replica_transport.ts";
import { BURSTS, type Cost, measureEcho } from "./transport/cpu.ts";
import { MECHANISMS } from "./transport/engines.ts";

const HOST = "127.0.0.1";
const BYTES = 200;
const IN_FLIGHT = 100;
const ROUNDS = 5;
const secondsEach = Number(Deno.args[0] ?? "3");

function report(name: string, figures: Record<string, number>): void {
  const rounded = Object.entries(figures).map(([key, value]) => [key, Number(value.toPrecision(3))]);
  console.log(JSON.stringify({ name, ...Object.fromEntries(rounded) }));
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** Measures client → replica → client, one request at a time: DEALER, ROUTER and back. */
async function roundTrips(client: ClientTransport, replica: ReplicaTransport): Promise<void> {
  const end = performance.now() + secondsEach * 1000;
  const echoing = (async () => {
    while (performance.now() < end) {
      for (const { route, frames } of await replica.receive(20, 64)) replica.sendToClient(route, frames);
    }
  })();
  const times: number[] = [];
  while (performance.now() < end) {
    const begin = performance.now();
    client.send("r1", [new Uint8Array(BYTES)]);
    if ((await client.receive(1000, 64)).length > 0) times.push(performance.now() - begin);
  }
  await echoing;
  times.sort((a, b) => a - b);
  report("client round trip, ms", { p50: quantile(times, 0.5), p99: quantile(times, 0.99), max: times.at(-1) ?? NaN });
}

/** Measures one direction, with a bounded number of messages in flight so that nothing is dropped. */
async function oneWay(name: string, to: ReplicaTransport, send: () => void): Promise<void> {
  const begin = performance.now();
  const end = begin + secondsEach * 1000;
  let [sent, received] = [0, 0];
  while (performance.now() < end || received < sent) {
    while (sent - received < IN_FLIGHT && performance.now() < end) {
      send();
      sent++;
    }
    received += (await to.receive(20, 64)).length;
    if (performance.now() > end + 5000) throw new Error(`${name}: ${received} of ${sent} messages arrived`);
  }
  const seconds = (performance.now() - begin) / 1000;
  report(name, { messagesPerSecond: received / seconds, bytes: BYTES });
}

/** Measures the CPU use of a process that only waits, in percent of one core. */
async function idle(transport: ReplicaTransport, timeoutMs: number): Promise<void> {
  const begin = performance.now();
  const before = process.cpuUsage();
  let receives = 0;
  while (performance.now() - begin < 5000) {
    await transport.receive(timeoutMs, 64);
    receives++;
  }
  const { user, system } = process.cpuUsage(before);
  const passedMs = performance.now() - begin;
  report(`idle, receive(${timeoutMs})`, { percent: (user + system) / 10 / passedMs, receives });
}

/** Repeats `send` until `to` receives something `wanted` accepts. */
async function untilGets<T>(
  to: { receive(timeoutMs: number, limit: number): Promise<readonly T[]> },
  wanted: (message: T) => boolean,
  send: () => void,
): Promise<void> {
  const deadline = performance.now() + 10_000;
  do {
    if (performance.now() > deadline) throw new Error("No connection within 10 seconds");
    send();
  } while (!(await to.receive(20, 64)).some(wanted));
}

/** Receives until nothing comes for a while. */
async function settle(to: ReplicaTransport | ClientTransport): Promise<void> {
  while ((await to.receive(50, 64)).length > 0);
}

/** Returns two replicas' addresses, on ports that are free now. */
function twoNodes() {
  const ports = freePorts(6);
  const node = (id: string, [peerPort = 0, publishPort = 0, clientPort = 0]: number[]) => {
    return { id, host: HOST, peerPort, publishPort, clientPort };
  };
  return [node("r1", ports.slice(0, 3)), node("r2", ports.slice(3))] as const;
}

/** Measures the processor time of one message with both engines in turn, several times over, since whatever else runs disturbs both. */
async function compareEngines(): Promise<void> {
  for (const mechanism of MECHANISMS) {
    const costs: Record<"zeromq" | "zmtp", Cost[][]> = { zeromq: [], zmtp: [] };
    for (let round = 0; round < ROUNDS; round++) {
      for (const engine of ["zeromq", "zmtp"] as const) {
        costs[engine].push(await measureEcho(engine, mechanism, secondsEach / ROUNDS));
      }
    }
    const median = (engine: "zeromq" | "zmtp", burst: number, of: keyof Cost) =>
      quantile(costs[engine].map((round) => round[burst]![of]).sort((a, b) => a - b), 0.5);
    for (const [place, burst] of BURSTS.entries()) {
      const [zeromq, zmtp] = [median("zeromq", place, "cpu"), median("zmtp", place, "cpu")];
      const wall = { zeromqWall: median("zeromq", place, "wall"), zmtpWall: median("zmtp", place, "wall") };
      report(`echo, ${mechanism}, bursts of ${burst}, µs of CPU`, { zeromq, zmtp, ratio: zmtp / zeromq, ...wall });
    }
  }
}

await compareEngines();
const [n1, n2] = twoNodes();
const r1 = await createZmqReplicaTransport({ bind: n1, peers: [n2] });
const r2 = await createZmqReplicaTransport({ bind: n2, peers: [n1] });
const client = await createZmqClientTransport({ replicas: [n1] });
const hello = [new Uint8Array(BYTES)];
await untilGets(r2, (message) => message.channel === "peer", () => r1.sendToPeer("r2", hello));
await untilGets(r2, (message) => message.channel === "published", () => r1.publish(hello));
await untilGets(r1, (message) => message.channel === "client", () => client.send("r1", hello));
for (const end of [r1, r2, client]) await settle(end);
await roundTrips(client, r1);
await oneWay("DEALER to ROUTER", r2, () => r1.sendToPeer("r2", [new Uint8Array(BYTES)]));
await oneWay("PUB to SUB", r2, () => r1.publish([new Uint8Array(BYTES)]));
await client.close();
await r2.close();
for (const timeoutMs of [10, 20, 50, 100, 1000]) await idle(r1, timeoutMs);
await r1.close();
