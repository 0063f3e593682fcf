/** Sources that are held off, on real sockets and on one that counts what is read of it. */
import { assert, assertEquals } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import { eventLoopTurn } from "../../../transport/event_loop_turn.ts";
import { MAX_READ_BYTES } from "../../../transport/zmtp/connection/limits.ts";
import { TcpLink } from "../../../transport/zmtp/net/tcp_link.ts";
import { Ticker } from "../../../transport/zmtp/net/ticker.ts";
import { RouterSocket } from "../../../transport/zmtp/socket/router_socket.ts";
import * as lab from "./connection_lab.ts";
import { bytes, commandFrame, frame, greetingOf, property } from "./hostile_lab.ts";
import { HOST, NetLab, quietRouter, untilHeard } from "./net_lab.ts";

/** A side of TCP that floods: it says `first`, then `again` for ever, and counts what is read. */
function flooder(first: Uint8Array, again: Uint8Array) {
  const flood = { read: 0, isClosed: false };
  let rest = first;
  const read = async (room: Uint8Array): Promise<number | null> => {
    await eventLoopTurn();
    if (rest.length === 0) rest = again;
    const count = Math.min(room.length, rest.length);
    room.set(rest.subarray(0, count));
    rest = rest.subarray(count);
    flood.read += count;
    return flood.isClosed ? null : count;
  };
  const tcp = {
    ...{ read, remoteAddr: { hostname: HOST } },
    write: (words: Uint8Array) => Promise.resolve(words.length),
    close: () => flood.isClosed = true,
  };
  return { flood, tcp: tcp as unknown as Deno.TcpConn };
}

const READY = commandFrame("READY", property("Socket-Type", "DEALER"));

Deno.test("hold-off: of one who floods no more is read than what was being read, whatever it floods with", async () => {
  const tooMany = bytes(...Array.from({ length: 8 }, () => frame(1, bytes("x"))), frame(0, bytes("x")));
  for (const words of [frame(0, new Uint8Array(200)), tooMany, frame(2, new Uint8Array(90_000))]) {
    const again = bytes(...Array.from({ length: Math.ceil(MAX_READ_BYTES / words.length) }, () => words));
    const { flood, tcp } = flooder(bytes(greetingOf("NULL"), READY, frame(0, bytes("hello"))), again);
    const ticker = new Ticker(10);
    const router = quietRouter();
    let end: string | null = null;
    const link = new TcpLink(tcp, lab.optionsOf("NULL", false), router, {
      ...{ ticker, farewellMs: 500, budget: null, isBarred: () => false, established: () => null },
      ended: (_, { code }) => end = code,
    });
    try {
      link.start();
      const { route } = await eventually("a message", () => router.take());
      const before = flood.read;
      await eventually("the flood", () => {
        while (router.take() !== null);
        return flood.read > before + 10 * MAX_READ_BYTES;
      });
      router.holdOff(route, null, 60_000);
      const [held, until] = [flood.read, performance.now() + 200];
      await eventually("many looks at it", () => router.take() === null && performance.now() > until);
      assert(flood.read - held <= lab.LIMITS.frameBytes, `${flood.read - held} bytes were read`);
      assertEquals([router.take(), end, router.send(route, [lab.utf8("x")])], [null, null, true]);
      link.release();
      await eventually("the flood again", () => {
        while (router.take() !== null);
        return flood.read > held + 10 * MAX_READ_BYTES;
      });
    } finally {
      link.close({ code: "closed", detail: "The test is over" });
      router.close();
      ticker.close();
      await eventLoopTurn();
    }
  }
});

/** Admits two keys. */
function admit(publicKey: Uint8Array) {
  return publicKey.toHex() === lab.STRANGER_KEYS.publicKey.toHex() ? { id: "c2" } : lab.admit(publicKey);
}

/** Returns the texts of all that there is to take. */
function takeAll(router: RouterSocket): string[] {
  const taken: string[] = [];
  for (let message = router.take(); message !== null; message = router.take()) {
    taken.push(lab.texts([message.frames])[0]![0]!);
  }
  return taken;
}

Deno.test("hold-off: all connections of a key, new ones included, wait for the time to be over; another key does not", async () => {
  await using net = new NetLab();
  const router = quietRouter();
  const mechanism = { name: "CURVE", server: { box: lab.box, keys: lab.SERVER_KEYS, admit } } as const;
  const server = net.listen(router, "CURVE", { mechanism });
  const dial = (keys = lab.CLIENT_KEYS) =>
    net.dial(server.port, "CURVE", { mechanism: lab.mechanismOf("CURVE", true, keys) });
  const held = [dial(), dial()];
  const routes = [];
  for (const [place, dealer] of held.entries()) routes.push(await untilHeard(router, dealer, `connection ${place}`));
  const other = dial(lab.STRANGER_KEYS);
  await untilHeard(router, other, "other");
  router.holdOff(routes[0]!, "c1", 60_000);
  held.push(dial());
  await eventually("the new connection", () => held[2]!.isConnected && router.connections === 4);
  for (const dealer of held) dealer.send([lab.utf8("held")]);
  for (const text of ["once", "twice", "three times"]) {
    other.send([lab.utf8(text)]);
    const taken = await eventually("the other's", () => {
      const others = takeAll(router).filter((taken) => taken !== "other");
      return others.length > 0 ? others : null;
    });
    assertEquals(taken, [text]);
  }
  for (const route of routes) assertEquals(router.send(route, [lab.utf8("answer")]), true);
  for (const dealer of held.slice(0, 2)) await eventually("the answer", () => dealer.take());
  router.close();
});

Deno.test("hold-off: when the time is over there is a signal, and what waited is there in its order", async () => {
  await using net = new NetLab();
  let signals = 0;
  const router = new RouterSocket(() => signals++);
  const dealer = net.dial(net.listen(router).port);
  const route = await untilHeard(router, dealer);
  for (const ms of [200, 1]) router.holdOff(route, null, ms);
  const [before, begin] = [signals, performance.now()];
  for (const text of ["1", "2", "3"]) dealer.send([lab.utf8(text)]);
  await eventually("the signal", () => signals > before);
  assert(performance.now() - begin > 199, "it came early");
  assertEquals(takeAll(router).filter((text) => text !== "hello"), ["1", "2", "3"]);
});

for (const name of ["NULL", "CURVE"] as const) {
  Deno.test(`hold-off (${name}): for longer than silence may last, and neither side gives the other up`, async () => {
    await using net = new NetLab({ limits: { tickMs: 10 } });
    const router = quietRouter();
    const heartbeat = { pingAfterMs: 100, deadAfterMs: 400, stalledAfterMs: 400 };
    const server = net.listen(router, name, { heartbeat });
    const dealer = net.dial(server.port, name, { heartbeat });
    const route = await untilHeard(router, dealer);
    // At first nothing lies unread, so that it is being read while it is held.
    for (const words of [[], ["one", "two"]]) {
      takeAll(router);
      router.holdOff(route, name === "CURVE" ? "c1" : null, 1000);
      const until = performance.now() + 1000;
      for (const text of words) dealer.send([lab.utf8(text)]);
      await eventually("most of the time", () => performance.now() > until - 100);
      assertEquals([net.ends, router.send(route, [lab.utf8("x")])], [[], true]);
      await eventually("the end of it", () => performance.now() > until + 50);
      await untilHeard(router, dealer, words.at(-1) ?? "more");
    }
    assertEquals(net.ends, []);
  });
}
