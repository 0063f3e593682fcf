/**
 * The process under test of `zmq_traps_test.ts`: `deno run … zmq_traps_worker.ts pairs|volume|restart|crowd|route|naive`.
 * Prints one line of JSON; exit code 0 if everything arrived, 2 if nothing moved for {@linkcode STALL_MS}.
 */
import { Dealer, Router } from "zeromq";
import { freePorts } from "../../tasks/support/free_ports.ts";
import type { Received, ReplicaTransport } from "../../transport/port.ts";
import { createZmqClientTransport } from "../../transport/zmq/zmq_client_transport.ts";
import { frames, untilClientGets, untilReplicaGets } from "./receiving.ts";
import { crowd } from "./zmq_crowd.ts";
import { type ZmqPair, zmqPair } from "./zmq_pair.ts";

const STALL_MS = 5000;
/**
 * Small high-water marks. With a mark of 64 a sender learns of room in steps of 32, so up to 32 messages in flight never meet a full queue
 * and nothing may be lost.
 */
const SMALL_MARKS = { peerSend: 64, peerReceive: 64, publish: 64, subscribe: 64 };
const CREDIT = 32;

type Pattern = "peer" | "published";
interface Flow {
  readonly pattern: Pattern;
  readonly from: ReplicaTransport;
  readonly to: ReplicaTransport;
  readonly send: (frames: Uint8Array[]) => void;
  sent: number;
  received: number;
}

async function pairs(count: number): Promise<object> {
  const begin = performance.now();
  for (let place = 0; place < count; place++) {
    const pair = zmqPair();
    const replica = await pair.open("r1");
    const replicas = [{ id: "r1", host: "127.0.0.1", clientPort: pair.clientPorts[0] ?? 0 }];
    const client = await createZmqClientTransport({ replicas });
    for (let round = 0; round < 3; round++) {
      client.send("r1", frames("ping"));
      const ping = await untilReplicaGets("a ping", replica, () => true);
      replica.sendToClient(ping.route, ping.frames);
      await untilClientGets("a pong", client, () => true);
    }
    await Promise.all([client.close(), replica.close()]);
  }
  return { pairs: count, ms: Math.round(performance.now() - begin) };
}

/** Reports the route of the first connection of this process. */
async function route(): Promise<object> {
  const pair = zmqPair();
  const replica = await pair.open("r1");
  const replicas = [{ id: "r1", host: "127.0.0.1", clientPort: pair.clientPorts[0] ?? 0 }];
  const client = await createZmqClientTransport({ replicas });
  const { route } = await untilReplicaGets("a ping", replica, () => true, () => client.send("r1", frames("ping")));
  await Promise.all([client.close(), replica.close()]);
  return { route };
}

async function volume(messages: number): Promise<object> {
  const pair = zmqPair(SMALL_MARKS);
  const [r1, r2] = [await pair.open("r1"), await pair.open("r2")];
  const flows = flowsBetween(r1, r2);
  await connected(flows);
  const begin = performance.now();
  await pump([r1, r2], flows, messages);
  const ms = Math.round(performance.now() - begin);
  // Leave with full queues: closing must neither wait for them nor crash.
  for (let sent = 0; sent < 200; sent++) r1.sendToPeer("r2", [new Uint8Array(1000)]);
  await Promise.all([r1.close(), r2.close()]);
  return { received: flows.map((flow) => flow.received), ms };
}

async function restart(messages: number): Promise<object> {
  const pair: ZmqPair = zmqPair(SMALL_MARKS);
  const r1 = await pair.open("r1");
  const received: number[] = [];
  for (let life = 0; life < 3; life++) {
    const r2 = await pair.open("r2");
    const flows = flowsBetween(r1, r2);
    await connected(flows);
    await pump([r1, r2], flows, messages);
    received.push(...flows.map((flow) => flow.received));
    // The next incarnation begins in the middle of traffic.
    for (let sent = 0; sent < 100; sent++) r2.sendToPeer("r1", [new Uint8Array(1000)]);
    await r2.close();
    for (let sent = 0; sent < 100; sent++) r1.publish([new Uint8Array(1000)]);
  }
  await r1.close();
  return { received };
}

function flowsBetween(r1: ReplicaTransport, r2: ReplicaTransport): Flow[] {
  const start = { sent: 0, received: 0 };
  return [
    { pattern: "peer", from: r1, to: r2, send: (message) => r1.sendToPeer("r2", message), ...start },
    { pattern: "peer", from: r2, to: r1, send: (message) => r2.sendToPeer("r1", message), ...start },
    { pattern: "published", from: r1, to: r2, send: (message) => r1.publish(message), ...start },
    { pattern: "published", from: r2, to: r1, send: (message) => r2.publish(message), ...start },
  ];
}

/** Repeats each flow until its first arrival, as what is sent before both ends are ready is lost, then drains it. */
async function connected(flows: readonly Flow[]): Promise<void> {
  for (const flow of flows) {
    const isHello = (message: Received) => message.channel === flow.pattern;
    await untilReplicaGets(`a first ${flow.pattern} message`, flow.to, isHello, () => flow.send(frames("hello")));
  }
  for (const flow of flows) while ((await flow.to.receive(50, 64)).length > 0);
}

/** Sends `messages` on each flow, at most {@linkcode CREDIT} of them in flight, and checks that they arrive in order. */
async function pump(ends: readonly ReplicaTransport[], flows: readonly Flow[], messages: number): Promise<void> {
  let progressAt = performance.now();
  const loops = ends.map(async (end) => {
    const outgoing = flows.filter((flow) => flow.from === end);
    const incoming = flows.filter((flow) => flow.to === end);
    while (flows.some((flow) => flow.received < messages)) {
      for (const flow of outgoing) sendWithinCredit(flow, messages);
      for (const message of await end.receive(10, 64)) {
        accept(incoming, message);
        progressAt = performance.now();
      }
      if (performance.now() - progressAt > STALL_MS) stalled(flows);
    }
  });
  await Promise.all(loops);
}

function sendWithinCredit(flow: Flow, messages: number): void {
  while (flow.sent < messages && flow.sent - flow.received < CREDIT) {
    // Both below and above the size from which frames are handed over without a copy.
    const frame = new Uint8Array(8 + (flow.sent % 3) * 96);
    new DataView(frame.buffer).setUint32(0, flow.sent++);
    flow.send([frame]);
  }
}

function accept(incoming: readonly Flow[], message: Received): void {
  const flow = incoming.find((candidate) => candidate.pattern === message.channel);
  const [frame] = message.frames;
  if (flow === undefined || frame === undefined) throw new Error(`A message on the channel ${message.channel}`);
  const number = new DataView(frame.buffer, frame.byteOffset).getUint32(0);
  if (number !== flow.received) throw new Error(`${flow.pattern} message ${number}, want ${flow.received}`);
  flow.received++;
}

function stalled(state: unknown): never {
  console.log(JSON.stringify({ stalled: state }));
  Deno.exit(2);
}

/** Runs the loop one would write without knowing the traps. On Deno 2.9.6 it stalls within the first 1000 messages. */
async function naive(messages: number): Promise<object> {
  const address = `tcp://127.0.0.1:${freePorts(1)[0]}`;
  const [router, dealer] = [new Router({ linger: 0 }), new Dealer({ linger: 0 })];
  await router.bind(address);
  dealer.connect(address);
  let echoed = 0;
  const watchdog = setInterval(() => echoed === seen ? stalled({ echoed }) : seen = echoed, STALL_MS);
  let seen = -1;
  void (async () => {
    for await (const [route, frame] of router) if (route && frame) await router.send([route, frame]);
  })();
  for (; echoed < messages; echoed++) {
    await dealer.send(`${echoed}`);
    await dealer.receive();
  }
  clearInterval(watchdog);
  router.close();
  dealer.close();
  return { echoed };
}

const [mode, count = "0"] = Deno.args;
const modes: Record<string, (count: number) => Promise<object>> = { pairs, volume, restart, crowd, route, naive };
const run = modes[mode ?? ""];
if (run === undefined) throw new RangeError(`Mode ${mode}, want one of ${Object.keys(modes).join(", ")}`);
console.log(JSON.stringify(await run(Number(count))));
