import { assert, assertEquals, assertRejects } from "@std/assert";
import { Dealer, Router } from "zeromq";
import { LIMITS } from "../../protocol/limits.ts";
import { freePorts } from "../../tasks/support/free_ports.ts";
import { TransportError } from "../../transport/mod.ts";
import { createZmqClientTransport } from "../../transport/zmq/zmq_client_transport.ts";
import { drain, SocketWaiter, SYNCHRONOUS } from "../../transport/zmq/zmq_poll.ts";
import { createZmqReplicaTransport } from "../../transport/zmq/zmq_replica_transport.ts";
import { frames, text, until, untilClientGets, untilReplicaGets } from "./receiving.ts";
import { zmqPair } from "./zmq_pair.ts";

const HOST = "127.0.0.1";

Deno.test("zeromq: a port in use is named, with what it was for", async () => {
  const listener = Deno.listen({ hostname: HOST, port: 0 });
  const [peerPort = 0, clientPort = 0] = freePorts(2);
  const bind = { host: HOST, peerPort, publishPort: listener.addr.port, clientPort };
  const create = () => createZmqReplicaTransport({ bind, peers: [] });
  const error = await assertRejects(create, TransportError);
  listener.close();
  const wanted = `Cannot bind tcp://${HOST}:${listener.addr.port} for publishing (EADDRINUSE): the port is in use`;
  assert(error.message.startsWith(wanted), error.message);
  // The ports it had bound before are free again.
  await (await create()).close();
});

Deno.test("zeromq: unusable addresses are refused, and nothing stays open", async () => {
  const [peerPort = 0, publishPort = 0, clientPort = 0] = freePorts(3);
  const bind = { host: HOST, peerPort, publishPort, clientPort };
  const peer = { id: "r2", host: "[::1]", peerPort: 1, publishPort: 2 };
  await assertRejects(() => createZmqReplicaTransport({ bind, peers: [peer] }), TransportError, "[::1]");
  const elsewhere = { ...bind, host: "192.0.2.1" };
  await assertRejects(
    () => createZmqReplicaTransport({ bind: elsewhere, peers: [] }),
    TransportError,
    "belongs to no interface",
  );
  const replicas = [{ id: "r1", host: HOST, clientPort: 0 }];
  await assertRejects(() => createZmqClientTransport({ replicas }), TransportError, "Port 0");
  await (await createZmqReplicaTransport({ bind, peers: [] })).close();
});

Deno.test("zeromq: a frame above the limit ends its connection, which comes back", async () => {
  const pair = zmqPair();
  const [r1, r2] = [await pair.open("r1"), await pair.open("r2")];
  const hello = () => r1.sendToPeer("r2", frames("hello"));
  await untilReplicaGets("a connection", r2, () => true, hello);
  r1.sendToPeer("r2", [new Uint8Array(LIMITS.maxPacketBytes + 1)]);
  const after = await untilReplicaGets(
    "a message after it",
    r2,
    (message) => text(message) === "after",
    () => r1.sendToPeer("r2", frames("after")),
  );
  assertEquals(after.frames.length, 1);
  assertEquals(r2.counters.refused, 0);
  await Promise.all([r1.close(), r2.close()]);
});

Deno.test("zeromq: host names are resolved by the given look-up", async () => {
  const pair = zmqPair();
  const r1 = await pair.open("r1");
  const asked: string[] = [];
  const lookup = (host: string) => {
    asked.push(host);
    return Promise.resolve(HOST);
  };
  const replicas = [{ id: "r1", host: "replica-one", clientPort: pair.clientPorts[0] ?? 0 }];
  const client = await createZmqClientTransport({ replicas, lookup });
  client.send("r1", frames("ask"));
  const request = await untilReplicaGets("the request", r1, () => true);
  r1.sendToClient(request.route, frames("answer"));
  await untilClientGets("the answer", client, () => true);
  assertEquals(asked, ["replica-one"]);
  await Promise.all([client.close(), r1.close()]);
});

for (const mode of ["poll", "timer"] as const) {
  Deno.test(`zeromq: the waiter's ${mode} way echoes 500 messages, and wake ends a wait`, async () => {
    const router = new Router({ ...SYNCHRONOUS, linger: 0 });
    const dealer = new Dealer({ ...SYNCHRONOUS, linger: 0 });
    const waiter = new SocketWaiter([router, dealer], mode);
    assertEquals(waiter.mode, mode);
    try {
      await router.bind(`tcp://${HOST}:*`);
      dealer.connect(router.lastEndpoint ?? "");
      await echo(router, dealer, waiter, 500);
      // If wake-up descriptors were lost, the safety net would still bring every echo; it would only have to do so all the time.
      assert(waiter.rescues < 25, `${waiter.rescues} of 500 waits were ended by the safety net`);
      await wakes(waiter);
    } finally {
      await waiter.close();
      router.close();
      dealer.close();
    }
  });
}

async function echo(router: Router, dealer: Dealer, waiter: SocketWaiter, count: number): Promise<void> {
  const deadline = performance.now() + 20_000;
  await dealer.send("0");
  for (let echoed = 0; echoed < count;) {
    assert(performance.now() < deadline, `stalled after ${echoed} echoes`);
    const { owners, messages } = drain([router, dealer], 8);
    for (const [place, parts] of (await Promise.all(messages)).entries()) {
      if (parts === null) continue;
      if (owners[place] === 0) await router.send(parts);
      else if (++echoed < count) await dealer.send(`${echoed}`);
    }
    await waiter.wait(1000);
  }
}

async function wakes(waiter: SocketWaiter): Promise<void> {
  let ended = false;
  const waiting = (async () => {
    while (!waiter.takeWake()) await waiter.wait(60_000);
    ended = true;
  })();
  setTimeout(() => waiter.wake(), 20);
  await until("the wait to end", () => ended);
  await waiting;
}

Deno.test("zeromq: a waiter hears sockets that come later, at once, and none that have gone", async () => {
  const router = new Router({ ...SYNCHRONOUS, linger: 0 });
  const dealers = [0, 1].map(() => new Dealer({ ...SYNCHRONOUS, linger: 0 }));
  const [dealer, other] = [dealers[0]!, dealers[1]!];
  const waiter = new SocketWaiter([]);
  try {
    waiter.add([router]);
    await router.bind(`tcp://${HOST}:*`);
    for (const each of dealers) each.connect(router.lastEndpoint ?? "");
    // It has a message, and has been asked: nothing will ring for it any more.
    await other.send("hello");
    await until("its message", () => router.readable);
    await router.send(await router.receive());
    await until("the answer", () => other.readable);
    const waiting = waiter.wait(60_000);
    waiter.add([other]);
    await waiting;
    assertEquals(waiter.rescues, 0);
    waiter.add([dealer]);
    waiter.remove([other]);
    other.close();
    await echo(router, dealer, waiter, 200);
    assert(waiter.rescues < 10, `${waiter.rescues} of 200 waits were ended by the safety net`);
  } finally {
    await waiter.close();
    for (const socket of [router, dealer, other]) socket.close();
  }
});
