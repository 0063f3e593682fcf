/** Strangers without a key, on real sockets: silent, slow, many, flooding. */
import { assert, assertEquals } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import { QueuedBytes } from "../../../transport/zmtp/connection/framing/queued_bytes.ts";
import { HeldBytes } from "../../../transport/zmtp/connection/held_bytes.ts";
import type { CloseCode } from "../../../transport/zmtp/connection/violation.ts";
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
  const queuedBytes = new QueuedBytes(4_000_000);
  const heartbeat = { pingAfterMs: 60_000, deadAfterMs: 60_000, stalledAfterMs: 500 };
  const limits = { ...lab.LIMITS, queueMessages: 1000, queueBytes: 16_000_000 };
  const server = net.listen(router, "NULL", { heartbeat, queuedBytes, limits });
  const deaf = await net.stranger(server.port, bytes(greetingOf("NULL"), READY, frame(0, bytes("ask"))));
  const { route } = await eventually("its question", () => router.take());
  const answer = [new Uint8Array(100_000)];
  let peak = 0;
  await eventually("its end", () => {
    while (router.send(route, answer));
    peak = Math.max(peak, queuedBytes.bytes);
    return net.network.ends.get("stalled") === 1;
  });
  assert(peak <= queuedBytes.maxBytes && peak > 3_000_000, `${peak} bytes were queued`);
  assertEquals([queuedBytes.bytes, router.connections, router.send(route, answer)], [0, 0, false]);
  assert(router.counters.full > 0 && router.counters.unreachable > 0);
  deaf.close();
});

Deno.test("strangers: many who do not read are queued no more than all may have together, and whoever reads is answered", async () => {
  await using net = new NetLab();
  const router = quietRouter();
  const queuedBytes = new QueuedBytes(2_000_000);
  const limits = { ...lab.LIMITS, queueMessages: 1000, queueBytes: 16_000_000 };
  const server = net.listen(router, "NULL", { queuedBytes, limits });
  const ask = bytes(greetingOf("NULL"), READY, frame(0, bytes("ask")));
  const routes: string[] = [];
  while (routes.length < 30) {
    await net.stranger(server.port, ask);
    routes.push((await eventually("its question", () => router.take())).route);
  }
  // Nothing of it is written before the turn is over, and each has nothing queued.
  for (const route of routes) {
    assertEquals(router.send(route, [new Uint8Array(90_000)]), true);
    assert(queuedBytes.bytes <= queuedBytes.maxBytes, `${queuedBytes.bytes} bytes are queued`);
  }
  assert(queuedBytes.bytes > 1_900_000, `${queuedBytes.bytes} bytes are queued`);
  await eventually("the end of the first of them", () => net.network.ends.get("memory") === 8);
  const dealer = net.dial(server.port);
  const route = await untilHeard(router, dealer);
  router.send(route, [lab.utf8("answer")]);
  await eventually("the answer", () => dealer.take());
});

Deno.test("strangers: one who asks for nothing but PONGs and does not read them is ended where others have all the room", async () => {
  await using net = new NetLab();
  const queuedBytes = new QueuedBytes(200);
  const server = net.listen(quietRouter(), "NULL", { queuedBytes });
  const ping = commandFrame("PING", 0, 0, new Uint8Array(16));
  const pings = bytes(greetingOf("NULL"), READY, ...Array.from({ length: 100 }, () => ping));
  await readAll(await net.stranger(server.port, pings));
  assertEquals([net.network.ends.get("memory"), queuedBytes.bytes], [1, 0]);
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

Deno.test("strangers: no more are accepted than may be, others wait in the kernel, and another port has its own", async () => {
  await using net = new NetLab({ limits: { acceptsPerSecond: 50, acceptBurst: 10 } });
  const [router, other] = [quietRouter(), quietRouter()];
  const [server, quiet] = [net.listen(router, "NULL"), net.listen(other, "NULL")];
  const begin = performance.now();
  const most = () => 10 + (performance.now() - begin + 100) * 50 / 1000;
  const accepted = () => server.connections.strangers + net.ends.length;
  for (let count = 0; count < 60; count++) await net.stranger(server.port);
  assert(accepted() <= most(), `${accepted()} were accepted, want at most ${most()}`);
  const [late, elsewhere] = [net.dial(server.port), net.dial(quiet.port)];
  await untilHeard(other, elsewhere);
  const untilElsewhere = performance.now() - begin;
  await untilHeard(router, late);
  assert(accepted() >= 60 && accepted() <= most(), `${accepted()} were accepted, want at most ${most()}`);
  // 50 more than at once take a second, which nobody at the other port waits for.
  const untilLate = performance.now() - begin;
  assert(untilLate > 900 && untilElsewhere < untilLate, `${untilElsewhere} and ${untilLate} ms`);
});

Deno.test("strangers: an end before the handshake is over has a cause of its own, whoever ends and how", async () => {
  await using net = new NetLab();
  const server = net.listen(quietRouter(), "CURVE");
  for (const words of STEPS) {
    const tcp = await net.stranger(server.port, words);
    await tcp.closeWrite();
    await readAll(tcp);
  }
  // What lies there unread makes it a reset.
  for (const words of STEPS) {
    const tcp = await net.stranger(server.port, words);
    await eventually("the greeting to lie there", () => server.connections.strangers === 1);
    tcp.close();
    await eventually("its end", () => server.connections.strangers === 0);
  }
  assertEquals([...net.network.ends], [["unfinished", 2 * STEPS.length]]);
  const router = quietRouter();
  const clear = net.listen(router, "NULL");
  const tcp = await net.stranger(clear.port, bytes(greetingOf("NULL"), READY));
  await eventually("its handshake", () => clear.connections.established === 1);
  tcp.close();
  await eventually("its end", () => net.ends.length > 2 * STEPS.length);
  assert(["ended", "network"].includes(net.ends.at(-1)!.cause.code), net.ends.at(-1)!.cause.code);
});

Deno.test("strangers: a flood of valid HELLOs costs what is set aside for it, and honest ones get through", async () => {
  await using net = new NetLab({ limits: { handshakesPerSecond: 80, handshakeBurst: 20 } });
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

/** A port at which a member of CURVE is heard over two connections. */
async function member(net: NetLab) {
  const router = quietRouter();
  const { port } = net.listen(router, "CURVE", { limits: { ...lab.LIMITS, frameBytes: 100 } });
  const [dealer, other] = [net.dial(port, "CURVE"), net.dial(port, "CURVE")];
  await untilHeard(router, other, "other");
  await untilHeard(router, dealer, "one");
  return { router, dealer, other };
}

const BARRED_MS = 500;

/** Has the first connection of a member ended by `offend`, and looks that its next one comes at once, waits and is let in. */
async function waitsOutside(cause: CloseCode, offend: (scene: Awaited<ReturnType<typeof member>>) => Promise<void>) {
  await using net = new NetLab({ limits: { barredMs: BARRED_MS } });
  const scene = await member(net);
  const begin = performance.now();
  await offend(scene);
  await eventually("its end", () => (scene.router.take(), net.network.ends.has(cause)));
  await untilHeard(scene.router, scene.other, "other again");
  await untilHeard(scene.router, scene.dealer, "one again");
  assert(performance.now() - begin > BARRED_MS, "it was let in at once");
  assertEquals([net.network.ends.get(cause), net.ends.length], [1, 2], "it came back once");
}

Deno.test("strangers: a member who breaks rules on one connection opens no other for a while, and keeps those it has", async () => {
  await waitsOutside("frame-size", ({ dealer }) => {
    dealer.send([new Uint8Array(200)]);
    return Promise.resolve();
  });
});

Deno.test("strangers: nor does one who is expelled for what it said", async () => {
  await waitsOutside("offence", async ({ router, dealer }) => {
    assertEquals(router.expel(await untilHeard(router, dealer, "a lie"), "a lie"), true);
  });
});

Deno.test("strangers: who proves a key gives back what accepting it took", async () => {
  await using net = new NetLab({ limits: { acceptsPerSecond: 0.001, acceptBurst: 4 } });
  const router = quietRouter();
  const server = net.listen(router, "CURVE");
  const dealers = Array.from({ length: 8 }, () => net.dial(server.port, "CURVE"));
  for (const [place, dealer] of dealers.entries()) await untilHeard(router, dealer, `dealer ${place}`);
});
