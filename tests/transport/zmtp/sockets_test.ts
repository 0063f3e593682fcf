/** Sockets over links that are not there: turns, queues, routes and counters. */
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import { DealerSocket } from "../../../transport/zmtp/socket/dealer_socket.ts";
import type { Link } from "../../../transport/zmtp/socket/link.ts";
import { PubSocket } from "../../../transport/zmtp/socket/pub_socket.ts";
import { RouterSocket } from "../../../transport/zmtp/socket/router_socket.ts";
import { SubSocket } from "../../../transport/zmtp/socket/sub_socket.ts";
import { texts, utf8 } from "./connection_lab.ts";

/** A link that holds messages to be taken, and takes as many as it has room for. */
class FakeLink implements Link {
  tag = "";
  readonly peer: string | null;
  isSubscribed = false;
  isHeld = false;
  readonly sent: string[] = [];
  readonly waiting: string[] = [];
  room = Infinity;

  constructor(peer: string | null = null) {
    this.peer = peer;
  }

  take(): Uint8Array[] | null {
    const text = this.waiting.shift();
    return text === undefined ? null : [utf8(text)];
  }

  send(frames: readonly Uint8Array[]): boolean {
    if (this.sent.length >= this.room) return false;
    this.sent.push(texts([frames])[0]!.join("|"));
    return true;
  }

  flush(): void {}
  subscribe(): void {
    this.isSubscribed = true;
  }

  hold(): void {
    this.isHeld = true;
  }

  release(): void {
    this.isHeld = false;
  }

  close(): void {}
}

const textOf = (frames: readonly Uint8Array[]) => texts([frames])[0]!.join("|");

Deno.test("ROUTER: one message of each connection in turn, whoever has how many", () => {
  let signals = 0;
  const router = new RouterSocket(() => signals++);
  const links = [["a1", "a2", "a3", "a4"], ["b1"], ["c1", "c2"]].map((waiting, place) => {
    const link = new FakeLink(`peer ${place}`);
    link.waiting.push(...waiting);
    router.opened(link);
    router.readable(link);
    return link;
  });
  const taken: string[] = [];
  for (let message = router.take(); message !== null; message = router.take()) {
    taken.push(textOf(message.frames));
    const link = links.find(({ tag }) => tag === message.route);
    assertEquals(link?.peer, message.peer);
  }
  assertEquals([taken.slice(0, 3).sort(), taken.length], [["a1", "b1", "c1"], 7]);
  assertEquals(taken.filter((text) => text.startsWith("a")), ["a1", "a2", "a3", "a4"]);
  assert(taken.indexOf("c2") <= 4, `${taken}`);
  assertEquals([signals, router.counters.received], [3, 7]);
  // A link that has more later is served again.
  links[1]!.waiting.push("b2");
  router.readable(links[1]!);
  assertEquals(textOf(router.take()!.frames), "b2");
});

Deno.test("ROUTER: routes are made up, never the same, and die with their connection", () => {
  const router = new RouterSocket(() => {});
  const [one, other] = [new FakeLink(), new FakeLink()];
  for (const link of [one, other]) router.opened(link);
  assertNotEquals(one.tag, other.tag);
  assertMatch(one.tag, /^[0-9a-f]{24}$/);
  one.room = 1;
  assertEquals([1, 2].map(() => router.send(one.tag, [utf8("x")])), [true, false]);
  one.waiting.push("never taken");
  router.readable(one);
  router.ended(one);
  assertEquals([router.take(), router.send(one.tag, [utf8("x")]), router.send("00", [utf8("x")])], [
    null,
    false,
    false,
  ]);
  assertEquals([router.counters.sent, router.counters.full, router.counters.unreachable], [1, 1, 2]);
});

Deno.test("ROUTER: who is held off is not taken from, over any connection of its own, new ones included; others are", () => {
  const router = new RouterSocket(() => {});
  const opened = (peer: string, ...waiting: string[]) => {
    const link = new FakeLink(peer);
    router.opened(link);
    link.waiting.push(...waiting);
    if (!link.isHeld) router.readable(link);
    return link;
  };
  const links = [opened("a", "a1"), opened("a", "a2"), opened("b", "b1")];
  router.holdOff(links[0]!.tag, "a", 60_000);
  for (const link of links.slice(0, 2)) router.ended(link);
  links.push(opened("a", "a3"), opened("c", "c1"));
  assertEquals(links.map(({ isHeld }) => isHeld), [true, true, false, true, false]);
  assertEquals([router.take(), router.take(), router.take()].map((message) => message?.peer), ["b", "c", undefined]);
  assertEquals(router.send(links[3]!.tag, [utf8("x")]), true);
  router.close();
});

Deno.test("ROUTER: a stranger who is held off is forgotten with its connection, and one that is gone is not held", async () => {
  const router = new RouterSocket(() => {});
  const [gone, other] = [new FakeLink(), new FakeLink()];
  router.opened(gone);
  router.holdOff(gone.tag, null, 60_000);
  router.ended(gone);
  router.holdOff(gone.tag, null, 60_000);
  router.holdOff("00", null, 60_000);
  router.opened(other);
  router.holdOff(other.tag, null, 20);
  await eventually("its release, though others were to be held for longer", () => !other.isHeld);
  assertEquals([gone.isHeld, other.isHeld], [true, false]);
});

Deno.test("SUB: a publisher who is held off stays so when it is connected anew, and nobody else is", () => {
  const subscriber = new SubSocket(() => {});
  const links = [new FakeLink(), new FakeLink(), new FakeLink()];
  subscriber.publisher("r1").opened(links[0]!);
  subscriber.holdOff("r1", 60_000);
  subscriber.publisher("r1").ended(links[0]!);
  subscriber.publisher("r1").opened(links[1]!);
  subscriber.publisher("r2").opened(links[2]!);
  assertEquals(links.map(({ isHeld }) => isHeld), [true, true, false]);
  subscriber.close();
});

Deno.test("DEALER: its backlog waits in order within its bounds, as it was when it was given", () => {
  const dealer = new DealerSocket({ messages: 2, bytes: 10 }, () => {});
  const frame = utf8("one");
  assertEquals([[frame], [utf8("two")], [utf8("three")]].map((frames) => dealer.send(frames)), [true, true, false]);
  frame.fill(0);
  const link = new FakeLink();
  dealer.opened(link);
  assertEquals([link.sent, dealer.isConnected], [["one", "two"], true]);
  assertEquals([dealer.send([utf8("four")]), dealer.counters], [true, { ...dealer.counters, sent: 3, unreachable: 1 }]);
  dealer.ended(new FakeLink());
  assertEquals(dealer.isConnected, true);
  dealer.ended(link);
  assertEquals(dealer.isConnected, false);
  const large = new DealerSocket({ messages: 2, bytes: 10 }, () => {});
  assertEquals([large.send([new Uint8Array(11)]), large.send([new Uint8Array(10)])], [false, true]);
});

Deno.test("DEALER: without a backlog nothing waits", () => {
  const dealer = new DealerSocket({ messages: 0, bytes: 0 }, () => {});
  assertEquals([dealer.send([utf8("x")]), dealer.counters.unreachable], [false, 1]);
});

Deno.test("PUB: to all who have subscribed; who has no room is passed over and counted, and words are refused", () => {
  const publisher = new PubSocket();
  const links = [new FakeLink(), new FakeLink(), new FakeLink()];
  for (const link of links) publisher.opened(link);
  links[0]!.subscribe();
  links[1]!.subscribe();
  links[1]!.room = 1;
  for (const text of ["a", "b"]) publisher.send([utf8(text)]);
  assertEquals(links.map(({ sent }) => sent), [["a", "b"], ["a"], []]);
  assertEquals([publisher.subscribers, publisher.counters.sent, publisher.counters.full], [2, 2, 1]);
  links[2]!.waiting.push("x", "y");
  publisher.readable(links[2]!);
  assertEquals(publisher.counters.refused, 2);
  publisher.ended(links[0]!);
  publisher.send([utf8("c")]);
  assertEquals(links[0]!.sent.length, 2);
});

Deno.test("SUB: each publisher under its name, in turn", () => {
  const subscriber = new SubSocket(() => {});
  for (const name of ["r1", "r2"]) {
    const [owner, link] = [subscriber.publisher(name), new FakeLink()];
    owner.opened(link);
    assertEquals([link.tag, link.isSubscribed], [name, true]);
    link.waiting.push("1", "2");
    owner.readable(link);
    owner.refused(3);
  }
  const heard: string[] = [];
  for (let got = subscriber.take(); got !== null; got = subscriber.take()) {
    heard.push(`${got.publisher} ${textOf(got.frames)}`);
  }
  assertEquals(heard, ["r1 1", "r2 1", "r1 2", "r2 2"]);
  assertEquals(subscriber.counters.refused, 6);
});

Deno.test("SUB: a publisher with another name is heard under it, no longer held off, and one that is closed leaves no hold-off", () => {
  const subscriber = new SubSocket(() => {});
  const [publisher, link] = [subscriber.publisher("r2"), new FakeLink()];
  publisher.opened(link);
  subscriber.holdOff("r2", 60_000);
  assertEquals(link.isHeld, true);
  publisher.rename("r2@1");
  assertEquals(link.isHeld, false);
  link.waiting.push("news");
  publisher.readable(link);
  assertEquals(subscriber.take()?.publisher, "r2@1");
  subscriber.holdOff("r2@1", 60_000);
  publisher.ended(link);
  publisher.close();
  const next = new FakeLink();
  subscriber.publisher("r2@1").opened(next);
  assertEquals(next.isHeld, false);
  subscriber.close();
});

Deno.test("DEALER: what waits for a peer that is given up is dropped and counted", () => {
  const dealer = new DealerSocket({ messages: 4, bytes: 100 }, () => {});
  for (const text of ["a", "b"]) dealer.send([utf8(text)]);
  dealer.close();
  assertEquals([dealer.counters.sent, dealer.counters.unreachable], [0, 2]);
  const link = new FakeLink();
  dealer.opened(link);
  assertEquals(link.sent, []);
});
