/** Connecting, coming back, and noticing that the other side is gone; on real sockets. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import { PubSocket } from "../../../transport/zmtp/socket/pub_socket.ts";
import { SubSocket } from "../../../transport/zmtp/socket/sub_socket.ts";
import * as lab from "./connection_lab.ts";
import { bytes, commandFrame, greetingOf, property } from "./hostile_lab.ts";
import { HOST, NetLab, quietRouter, readAll, untilHeard } from "./net_lab.ts";

Deno.test("dialing: a name is looked up before each attempt, and an address at which nobody is left for the right one", async () => {
  const asked: string[] = [];
  const lookup = (host: string) => {
    asked.push(host);
    if (asked.length === 2) return Promise.reject(new Error("no such name"));
    return Promise.resolve(asked.length < 4 ? "127.0.0.9" : HOST);
  };
  await using net = new NetLab({ lookup });
  const router = quietRouter();
  const dealer = net.dial(net.listen(router).port, "NULL", {}, "replica-one");
  await untilHeard(router, dealer);
  assertEquals(asked, ["replica-one", "replica-one", "replica-one", "replica-one"]);
  assertEquals(net.network.ends.get("network"), 3);
});

Deno.test("dialing: IPv6 addresses, in both directions", async () => {
  await using net = new NetLab();
  const router = quietRouter();
  const server = net.listen(router, "CURVE", {}, "::1");
  await untilHeard(router, net.dial(server.port, "CURVE", {}, "::1"));
});

Deno.test("dialing: a refused key is told why, and does not knock all the time", async () => {
  await using net = new NetLab({
    limits: { firstPauseMs: 1, longestPauseMs: 1, firstRefusedPauseMs: 60_000, refusedPauseMs: 60_000 },
  });
  const server = net.listen(quietRouter(), "CURVE");
  const mechanism = lab.mechanismOf("CURVE", true, lab.STRANGER_KEYS);
  const dealer = net.dial(server.port, "CURVE", { mechanism });
  await eventually("both ends", () => net.ends.length === 2);
  const [ours, theirs] = ["in", "out"].map((direction) => net.ends.find((end) => end.direction === direction)!.cause);
  assertEquals([ours?.code, theirs?.code, dealer.isConnected], ["not-admitted", "refused-by-peer", false]);
  assert(theirs!.detail.includes("this key is not in the roster"), theirs!.detail);
  assertEquals(server.connections.established, 0);
});

Deno.test("dialing: who is refused again and again waits longer each time, up to a bound", async () => {
  const at: number[] = [];
  const limits = { firstPauseMs: 1, longestPauseMs: 1, firstRefusedPauseMs: 20, refusedPauseMs: 80 };
  await using net = new NetLab({ limits });
  const server = net.listen(quietRouter(), "CURVE");
  await using stranger = new NetLab({
    limits,
    onEnd: ({ cause }) => {
      if (cause.code === "refused-by-peer") at.push(performance.now());
    },
  });
  stranger.dial(server.port, "CURVE", { mechanism: lab.mechanismOf("CURVE", true, lab.STRANGER_KEYS) });
  await eventually("five refusals", () => at.length >= 5);
  const gaps = at.slice(1, 5).map((time, place) => time - at[place]!);
  [15, 30, 60, 60].forEach((least, place) => assert(gaps[place]! >= least, `pauses of ${gaps}`));
});

Deno.test("dialing: a peer that shakes hands and then says nothing is asked, and given up", async () => {
  await using net = new NetLab({ limits: { tickMs: 20 } });
  const mute = Deno.listen({ hostname: HOST, port: 0 });
  const heartbeat = { pingAfterMs: 100, deadAfterMs: 300, stalledAfterMs: 60_000 };
  const dealer = net.dial(mute.addr.port, "NULL", { heartbeat });
  const tcp = await mute.accept();
  mute.close();
  await tcp.write(Uint8Array.from(bytes(greetingOf("NULL"), commandFrame("READY", property("Socket-Type", "ROUTER")))));
  const said = await readAll(tcp);
  tcp.close();
  assertEquals(net.network.ends.get("silent"), 1);
  const ping = commandFrame("PING", 0, 3);
  assertEquals(said.subarray(-ping.length), ping);
  assertEquals(dealer.isConnected, false);
});

Deno.test("dialing: a peer that answers PINGs stays, however quiet it is, with and without keys", async () => {
  for (const name of ["NULL", "CURVE"] as const) {
    await using net = new NetLab({ limits: { tickMs: 10 } });
    const router = quietRouter();
    const heartbeat = { pingAfterMs: 40, deadAfterMs: 400, stalledAfterMs: 60_000 };
    const server = net.listen(router, name);
    const dealer = net.dial(server.port, name, { heartbeat });
    const route = await untilHeard(router, dealer);
    const end = performance.now() + 3 * heartbeat.deadAfterMs;
    await eventually("silence for three times as long as it may last", () => {
      while (router.take() !== null);
      return performance.now() > end;
    });
    assertEquals([net.ends, router.send(route, [lab.utf8("x")])], [[], true]);
    await eventually("the answer", () => dealer.take());
    assertEquals([dealer.take(), router.take()], [null, null]);
  }
});

Deno.test("dialing: nobody takes for longer than silence may last, and neither side gives the other up", async () => {
  for (const count of [1, 3]) {
    await using net = new NetLab({ limits: { tickMs: 10 } });
    const router = quietRouter();
    const heartbeat = { pingAfterMs: 50, deadAfterMs: 400, stalledAfterMs: 60_000 };
    const server = net.listen(router, "NULL", { heartbeat });
    const dealer = net.dial(server.port, "NULL", { heartbeat });
    await eventually("the connection", () => dealer.isConnected);
    for (let sent = 0; sent < count; sent++) dealer.send([lab.utf8(`${sent}`)]);
    const end = performance.now() + 3 * heartbeat.deadAfterMs;
    await eventually("that time to pass three times", () => performance.now() > end);
    assertEquals(net.ends, []);
    for (let sent = 0; sent < count; sent++) assertEquals(lab.texts([router.take()!.frames]), [[`${sent}`]]);
    await untilHeard(router, dealer, "more");
  }
});

Deno.test("dialing: a process that stood still for longer than silence may last cuts nobody off when it wakes", async () => {
  for (const name of ["NULL", "CURVE"] as const) {
    await using net = new NetLab({ limits: { tickMs: 20 } });
    const router = quietRouter();
    const heartbeat = { pingAfterMs: 100, deadAfterMs: 300, stalledAfterMs: 300 };
    const server = net.listen(router, name, { heartbeat });
    const dealer = net.dial(server.port, name, { heartbeat });
    await untilHeard(router, dealer);
    for (let count = 0; count < 10; count++) dealer.send([lab.utf8("before it stood still")]);
    const begin = performance.now();
    while (performance.now() - begin < 3 * heartbeat.deadAfterMs);
    await untilHeard(router, dealer, "awake");
    assertEquals(net.ends, []);
  }
});

Deno.test("dialing: subscribers hear what is published from then on, come back, and a publisher knows of them", async () => {
  await using net = new NetLab();
  const publisher = new PubSocket();
  const server = net.listen(publisher, "CURVE", { socketType: "PUB" });
  const subscriber = new SubSocket(() => {});
  const options = lab.optionsOf("CURVE", true, { socketType: "SUB" });
  void net.network.dial({ host: HOST, port: server.port }, options, subscriber.publisher("r1"));
  const hears = (text: string) =>
    eventually(text, () => {
      publisher.send([lab.utf8(text)]);
      for (let got = subscriber.take(); got !== null; got = subscriber.take()) {
        if (lab.texts([got.frames])[0]![0] === text) return got.publisher;
      }
      return null;
    });
  assertEquals(await hears("news"), "r1");
  assertEquals(publisher.subscribers, 1);
  const { port } = server;
  await server.close();
  await eventually("nobody to be subscribed", () => publisher.subscribers === 0);
  net.network.listen(HOST, port, lab.optionsOf("CURVE", false, { socketType: "PUB" }), publisher);
  assertEquals(await hears("more news"), "r1");
});

Deno.test("dialing: the honest one that comes after somebody who broke the protocol at its address is heard", async () => {
  for (
    const words of [bytes("HTTP/1.1 400 Bad Request"), greetingOf("NULL"), bytes(greetingOf("CURVE", 1), 4, 2, 7, "x")]
  ) {
    await using net = new NetLab();
    const hostile = Deno.listen({ hostname: HOST, port: 0 });
    const { port } = hostile.addr;
    const dealer = net.dial(port, "CURVE");
    const tcp = await hostile.accept();
    await tcp.write(Uint8Array.from(words));
    await readAll(tcp);
    tcp.close();
    hostile.close();
    const router = quietRouter();
    net.network.listen(HOST, port, lab.optionsOf("CURVE", false), router);
    await untilHeard(router, dealer);
  }
});

Deno.test("dialing: settings that contradict each other are told at once", async () => {
  await using net = new NetLab();
  const mechanism = lab.mechanismOf("CURVE", true);
  assertThrows(() => net.listen(quietRouter(), "CURVE", { mechanism }), RangeError);
  assertThrows(() => net.dial(1, "CURVE", { mechanism: lab.mechanismOf("CURVE", false) }), RangeError);
});

Deno.test("dialing: a name that is never found holds up nothing, and closing ends every attempt", async () => {
  let asked = 0;
  const lookup = () => {
    asked++;
    return new Promise<string>(() => {});
  };
  const net = new NetLab({ lookup });
  const dealer = net.dial(1, "NULL", {}, "nobody");
  await eventually("the question", () => asked === 1);
  assertEquals(dealer.send([lab.utf8("waits")]), true);
  let isLate = false;
  const timer = setTimeout(() => isLate = true, 1000);
  await net[Symbol.asyncDispose]();
  clearTimeout(timer);
  assertEquals(isLate, false, "closing waits for a name");
});
