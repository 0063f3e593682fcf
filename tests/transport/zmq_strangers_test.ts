/** The power of strangers without keys who use ZeroMQ's own means, and its limits. */
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { Dealer } from "zeromq";
import { LIMITS } from "../../protocol/limits.ts";
import { freePorts } from "../../tasks/support/free_ports.ts";
import { MAX_PACKET_BYTES } from "../../transport/frame_limits.ts";
import type { Received, ReplicaTransport } from "../../transport/port.ts";
import { identityOf } from "../../transport/route.ts";
import { createZmqClientTransport } from "../../transport/zmq/zmq_client_transport.ts";
import { SYNCHRONOUS } from "../../transport/zmq/zmq_poll.ts";
import { HostileReplica } from "../e2e/support/hostile_replica.ts";
import { endlessMessage } from "../e2e/support/zmtp.ts";
import { frames, text, until, untilClientGets, untilReceived, untilReplicaGets } from "./receiving.ts";
import { zmqPair } from "./zmq_pair.ts";
import { work } from "./zmq_work.ts";

const HOST = "127.0.0.1";

/** Opens a stranger's socket that calls itself `routingId`. */
function impostor(port: number, routingId: string | Uint8Array): Dealer {
  const dealer = new Dealer({ ...SYNCHRONOUS, linger: 0, reconnectInterval: 10 });
  // The type declaration knows only text.
  (dealer as { routingId: string | Uint8Array | null }).routingId = routingId;
  dealer.connect(`tcp://${HOST}:${port}`);
  return dealer;
}

/** Returns the route of a first message that `send` causes. */
async function routeOfFirst(target: ReplicaTransport, name: string, send: () => void): Promise<string> {
  return (await untilReplicaGets(name, target, (message) => text(message) === name, send)).route;
}

/** Sends through both until `count` more messages of `honest` have arrived, and returns everything received. */
function mixed(target: ReplicaTransport, honest: () => void, hostile: () => void): Promise<Received[]> {
  const seen: Received[] = [];
  return untilReceived("real traffic amid garbage", async () => {
    honest();
    for (let sent = 0; sent < 4; sent++) hostile();
    seen.push(...await target.receive(20, 64));
    const has = (name: string) => seen.filter((message) => text(message) === name).length >= 10;
    return has("real") && has("garbage") ? seen : null;
  });
}

Deno.test("zeromq: who claims a peer's name, or its very route, gets another route and takes nothing", async () => {
  const pair = zmqPair();
  const [r1, r2] = [await pair.open("r1"), await pair.open("r2")];
  const port = pair.peerPorts[0] ?? 0;
  const real = () => r2.sendToPeer("r1", frames("real"));
  const route = await routeOfFirst(r1, "real", real);
  const stranger = impostor(port, "r2");
  const thief = impostor(port, identityOf(route) ?? "");
  const garbage = () => void stranger.send("garbage").catch(() => {});
  try {
    const seen = await mixed(r1, real, () => {
      garbage();
      void thief.send("stolen").catch(() => {});
    });
    const routesOf = (name: string) => [...new Set(seen.filter((m) => text(m) === name).map((m) => m.route))];
    assertEquals(routesOf("real"), [route]);
    assertNotEquals(routesOf("garbage"), [route]);
    assertEquals(routesOf("stolen"), [], "a connection that claims a living route is not heard");
  } finally {
    for (const socket of [stranger, thief]) socket.close();
    await Promise.all([r1.close(), r2.close()]);
  }
});

Deno.test("zeromq: who claims a client's route does not get its answers", async () => {
  const pair = zmqPair();
  const r1 = await pair.open("r1");
  const port = pair.clientPorts[0] ?? 0;
  const client = await createZmqClientTransport({ replicas: [{ id: "r1", host: HOST, clientPort: port }] });
  const route = await routeOfFirst(r1, "ask", () => client.send("r1", frames("ask")));
  const thief = impostor(port, identityOf(route) ?? "");
  const other = impostor(port, "other");
  try {
    // By the time another connection is heard, and again, the thief's has been examined.
    for (const name of ["one", "two"]) {
      await routeOfFirst(r1, name, () => {
        void thief.send("stolen").catch(() => {});
        void other.send(name).catch(() => {});
      });
    }
    r1.sendToClient(route, frames("answer"));
    await untilClientGets("the answer", client, (message) => text(message) === "answer");
    assertEquals(thief.readable, false);
  } finally {
    for (const socket of [thief, other]) socket.close();
    await Promise.all([client.close(), r1.close()]);
  }
});

Deno.test("zeromq: processes do not number their connections from the same start", async () => {
  // A stranger that knows the next number and claims it as routing id makes libzmq abort the process at the next connection.
  const routes = [(await work("route", 0))["route"], (await work("route", 0))["route"]];
  for (const route of routes) assertMatch(String(route), /^00[0-9a-f]{8}$/);
  assertNotEquals(routes[0], routes[1]);
});

Deno.test("zeromq: the client port takes a largest command, and ends the connection of a larger frame", async () => {
  const pair = zmqPair();
  const r1 = await pair.open("r1");
  const client = await createZmqClientTransport({
    replicas: [{ id: "r1", host: HOST, clientPort: pair.clientPorts[0] ?? 0 }],
  });
  try {
    const command = [...frames("command"), new Uint8Array(LIMITS.maxCommandBytes + 1024)];
    const first = await untilReplicaGets("a command", r1, () => true, () => client.send("r1", command));
    assertEquals(first.frames.map((frame) => frame.length), command.map((frame) => frame.length));
    const isLate = (message: Received) => text(message) === "late";
    client.send("r1", [new Uint8Array(MAX_PACKET_BYTES.client + 1)]);
    const late = await untilReplicaGets("a late one", r1, isLate, () => client.send("r1", frames("late")));
    assertNotEquals(late.route, first.route, "it came over the old connection");
    assertEquals(r1.counters.refused, 0);
  } finally {
    await Promise.all([client.close(), r1.close()]);
  }
});

Deno.test("zeromq: for a client that does not read, few answers wait", async () => {
  const pair = zmqPair({ requestReceive: 1 });
  const r1 = await pair.open("r1");
  const client = await createZmqClientTransport({
    replicas: [{ id: "r1", host: HOST, clientPort: pair.clientPorts[0] ?? 0 }],
    highWaterMarks: { requestReceive: 1 },
  });
  try {
    const route = await routeOfFirst(r1, "ask", () => client.send("r1", frames("ask")));
    const answer = [new Uint8Array(1024 * 1024)];
    const before = r1.counters.sent;
    await untilReceived("answers to be dropped", async () => {
      const dropped = r1.counters.dropped;
      for (let sent = 0; sent < 16; sent++) r1.sendToClient(route, answer);
      await r1.receive(20, 64);
      return r1.counters.dropped - dropped === 16 ? true : null;
    });
    // 16 queued, and some MiB in the kernel's buffers and on the client's side.
    const accepted = r1.counters.sent - before;
    assert(accepted < 40, `${accepted} MiB were taken for a client that does not read`);
  } finally {
    await Promise.all([client.close(), r1.close()]);
  }
});

Deno.test("zeromq: a client reaches the replica that comes after somebody who broke the protocol at its address", async () => {
  const pair = zmqPair();
  const [[peerPort], [publishPort], [clientPort]] = [pair.peerPorts, freePorts(1), pair.clientPorts];
  const line = { id: "r1", host: HOST, peerPort: peerPort!, publishPort: publishPort!, clientPort: clientPort! };
  const hostile = new HostileReplica(line);
  hostile.say(endlessMessage());
  const client = await createZmqClientTransport({ replicas: [line] });
  await until("it is served", () => hostile.served.get(line.clientPort)! > 0);
  hostile[Symbol.dispose]();
  const r1 = await pair.open("r1");
  try {
    await untilReplicaGets("a request", r1, () => true, () => client.send("r1", frames("ask")));
  } finally {
    await Promise.all([client.close(), r1.close()]);
  }
});
