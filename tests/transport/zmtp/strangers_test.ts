/** Strangers without a key, on real sockets: silent, slow, many, flooding. */
import { assert, assertEquals } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import { HeldBytes } from "../../../transport/zmtp/connection/held_bytes.ts";
import { PubSocket } from "../../../transport/zmtp/socket/pub_socket.ts";
import * as lab from "./connection_lab.ts";
import { fixedBox } from "./fixed_box.ts";
import { bytes, commandFrame, frame, greetingOf, property } from "./hostile_lab.ts";
import { NetLab, quietRouter, readAll, untilHeard } from "./net_lab.ts";

const QUICK = { ...lab.LIMITS, handshakeMs: 1000 };
const READY = commandFrame("READY", property("Socket-Type", "DEALER"));
/** Each place in a handshake at which one can stop. */
const STEPS = [
  ...[bytes(), greetingOf("CURVE").subarray(0, 10), greetingOf("CURVE").subarray(0, 63), greetingOf("CURVE")],
  bytes(greetingOf("CURVE"), frame(4, bytes(5, "HELLO"))).subarray(0, 68),
];

Deno.test("strangers: 400 silent ones, stopped at every step, keep nobody out and are gone at their deadline", async () => {
  await using net = new NetLab();
  const router = quietRouter();
  const server = net.listen(router, "CURVE", { limits: QUICK });
  const silent = [];
  for (let count = 0; count < 400; count++) {
    silent.push(readAll(await net.stranger(server.port, STEPS[count % STEPS.length])));
  }
  assert(server.connections.strangers <= 128, `${server.connections.strangers} strangers are kept`);
  await untilHeard(router, net.dial(server.port, "CURVE"));
  const said = await Promise.all(silent);
  // Not a byte beyond the greeting is spent on them.
  for (const words of said) assert(words.length <= 64, `${words.length} bytes were said to a stranger`);
  const codes = new Set(net.ends.filter(({ direction }) => direction === "in").map(({ cause }) => cause.code));
  assertEquals([...codes].sort(), ["evicted", "handshake-time"]);
  assertEquals([server.connections.strangers, server.connections.established], [0, 1]);
});

Deno.test("strangers: nothing is published to those who have not shaken hands, at whatever step they are", async () => {
  await using net = new NetLab();
  const publisher = new PubSocket();
  const server = net.listen(publisher, "CURVE", { limits: QUICK, socketType: "PUB" });
  const heard = [];
  for (let count = 0; count < 50; count++) {
    heard.push(readAll(await net.stranger(server.port, STEPS[count % STEPS.length])));
  }
  await eventually("all to be accepted", () => server.connections.strangers === 50);
  for (let count = 0; count < 100; count++) publisher.send([lab.utf8("news")]);
  assertEquals([publisher.subscribers, publisher.counters.full], [0, 0]);
  for (const words of await Promise.all(heard)) assert(words.length <= 64);
});

Deno.test("strangers: garbage from 100 connections ends each of them, and honest ones are served", async () => {
  await using net = new NetLab();
  const router = quietRouter();
  const server = net.listen(router, "NULL");
  const dealer = net.dial(server.port);
  await untilHeard(router, dealer);
  const garbage = crypto.getRandomValues(new Uint8Array(4096)).with(0, 0xff);
  const ends = [];
  for (let count = 0; count < 100; count++) {
    ends.push(readAll(await net.stranger(server.port, count % 2 ? garbage : bytes("GET / HTTP/1.0\r\n\r\n"))));
  }
  await untilHeard(router, dealer, "still here");
  await Promise.all(ends);
  assertEquals(net.network.ends.get("not-zmtp"), 100);
});

Deno.test("strangers: one who floods while nobody takes is not read, and the others are", async () => {
  await using net = new NetLab();
  const router = quietRouter();
  const server = net.listen(router, "NULL");
  const flooder = await net.stranger(server.port, bytes(greetingOf("NULL"), READY));
  const flood = bytes(...Array.from({ length: 1000 }, () => frame(0, new Uint8Array(250))));
  let sent = 0;
  const flooding = (async () => {
    for (;;) sent += await flooder.write(flood);
  })().catch(() => {});
  // The kernel's buffers fill up, and then nothing moves any more.
  await eventually("the flood to stand still", async () => {
    const before = sent;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return sent > 0 && sent === before;
  });
  assert(sent < 64 * 1024 * 1024, `${sent} bytes were taken`);
  const dealer = net.dial(server.port);
  await eventually("the other to be connected", () => dealer.isConnected);
  dealer.send([lab.utf8("quiet")]);
  const order: string[] = [];
  await eventually(
    "its message",
    () => {
      const message = router.take();
      if (message !== null) order.push(message.frames[0]!.length === 250 ? "flood" : "quiet");
      return order.includes("quiet");
    },
    10_000,
    0,
  );
  flooder.close();
  await flooding;
});

Deno.test("strangers: one who does not read what it asked for is ended, and what was queued for it forgotten", async () => {
  await using net = new NetLab();
  const router = quietRouter();
  const sharedQueue = { bytes: 0, maxBytes: 4_000_000 };
  const heartbeat = { pingAfterMs: 60_000, deadAfterMs: 60_000, stalledAfterMs: 500 };
  const limits = { ...lab.LIMITS, queueMessages: 1000, queueBytes: 16_000_000 };
  const server = net.listen(router, "NULL", { heartbeat, sharedQueue, limits });
  const deaf = await net.stranger(server.port, bytes(greetingOf("NULL"), READY, frame(0, bytes("ask"))));
  const { route } = await eventually("its question", () => router.take());
  const answer = [new Uint8Array(100_000)];
  let peak = 0;
  await eventually("its end", () => {
    while (router.send(route, answer));
    peak = Math.max(peak, sharedQueue.bytes);
    return net.network.ends.get("stalled") === 1;
  });
  assert(peak <= sharedQueue.maxBytes && peak > 3_000_000, `${peak} bytes were queued`);
  assertEquals([sharedQueue.bytes, router.connections, router.send(route, answer)], [0, 0, false]);
  assert(router.counters.full > 0 && router.counters.unreachable > 0);
  deaf.close();
});

Deno.test("strangers: memory that many keep occupied with messages they never finish is taken from the oldest", async () => {
  await using net = new NetLab();
  const router = quietRouter();
  const heldBytes = new HeldBytes(1_000_000);
  const server = net.listen(router, "NULL", { heldBytes });
  const begun = bytes(greetingOf("NULL"), READY, frame(3, new Uint8Array(90_000)));
  const hoarders = [];
  for (let count = 0; count < 30; count++) {
    hoarders.push(await net.stranger(server.port, begun));
    await eventually("it to be heard", () => server.connections.established + net.ends.length > count);
    assert(heldBytes.bytes <= 1_000_000, `${heldBytes.bytes} bytes are held`);
  }
  const dealer = net.dial(server.port);
  await eventually("the honest one", () => dealer.isConnected);
  dealer.send([new Uint8Array(90_000), new Uint8Array(50_000)]);
  await eventually("its message", () => router.take());
  await eventually("the end of most", () => (net.network.ends.get("memory") ?? 0) >= 18);
  for (const tcp of hoarders) tcp.close();
  assertEquals(router.take(), null);
  await eventually("nothing to be held", () => heldBytes.bytes === 0);
});

Deno.test("strangers: a flood of valid HELLOs costs what is set aside for it, and honest ones get through", async () => {
  await using net = new NetLab({ limits: { handshakesPerSecond: 40, handshakeBurst: 10 } });
  let made = 0;
  const box = { ...fixedBox(1), makeKeyPair: () => (made++, lab.box.makeKeyPair()) };
  const mechanism = { name: "CURVE", server: { box, keys: lab.SERVER_KEYS, admit: lab.admit } } as const;
  const router = quietRouter();
  const server = net.listen(router, "CURVE", { mechanism });
  const { client, server: other } = lab.pairOf("CURVE");
  const begun = lab.written(client);
  lab.fed(client, lab.written(other));
  const hello = bytes(begun, lab.written(client));
  const begin = performance.now();
  const flood = [];
  for (let count = 0; count < 100; count++) flood.push(await net.stranger(server.port, hello));
  const dealer = net.dial(server.port, "CURVE");
  await untilHeard(router, dealer);
  const most = 10 + (performance.now() - begin + 500) * 40 / 1000;
  assert(made > 10 && made <= most, `${made} handshakes were begun, want at most ${most}`);
  for (const tcp of flood) tcp.close();
});
