/** The contract of every transport, run on each twin. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { LIMITS } from "../../../protocol/limits.ts";
import { MAX_PACKET_BYTES } from "../../../transport/frame_limits.ts";
import type { Received } from "../../../transport/port.ts";
import { routeOf } from "../../../transport/route.ts";
import { BLOCK_BYTES } from "../../../transport/zmtp/crypto/short_arrays.ts";
import { frames, text, until, untilClientGets, untilReceived, untilReplicaGets } from "../../transport/receiving.ts";
import * as expel from "./transport_expel.ts";
import * as holdOff from "./transport_hold_off.ts";
import { connected, settled, type TransportLab, type Twin } from "./transport_lab.ts";
import * as lifecycle from "./transport_lifecycle.ts";
import * as reconfigure from "./transport_reconfigure.ts";

const utf8 = (value: string) => new TextEncoder().encode(value);

/** Registers the contract's tests for `twin`. */
export function transportContract(twin: Twin): void {
  const test = (name: string, body: (lab: TransportLab, twin: Twin) => Promise<void>, queue?: number) =>
    Deno.test(`transport (${twin.name}): ${name}`, async () => {
      const lab = twin.open(["r1", "r2", "r3", "r4"], queue);
      try {
        await body(lab, twin);
      } finally {
        await lab.close();
      }
    });

  test("a peer's frames arrive byte for byte", peerFrames);
  test("each connection has a route of its own", routes);
  test("what is published reaches every peer and not its sender", published);
  test("a client's request arrives, and only that client gets the answer", requestAndAnswer);
  test("a flooding client does not hold up peers", fairness);
  test("a batch holds at most the limit of each channel", batchLimit);
  test("a full queue drops and counts, and what was accepted arrives", fullQueue, 16);
  test("answers to clients that are gone or do not read are dropped and counted", deadClients, 16);
  test("too many frames or bytes are refused and counted", refused);
  test("wake ends a pending receive, or the next one", lifecycle.wake);
  test("receive returns nothing when its time has passed", lifecycle.timeout);
  test("only one receive at a time", lifecycle.oneReceive);
  test("timers fire while messages keep coming", lifecycle.timersUnderLoad);
  test("close ends a pending receive and drops what is sent later", lifecycle.close);
  test("unknown receivers and empty messages are programming errors", lifecycle.programmingErrors);
  test("a replica that was restarted is found again by peers and clients", lifecycle.replicaRestart);
  if (twin.holdsOff("r1")) {
    test("nothing is taken of who is held off, on that channel; all others are, and it is answered", holdOff.held);
    test("what waited is taken when its time is over, and the longer time counts", holdOff.released);
  } else test("what cannot be held off is taken all the same", holdOff.taken);
  if (twin.expels("r1")) {
    test("who is expelled is cut off on that connection alone, and comes back on another", expel.expelled);
  } else test("who cannot be expelled is taken all the same", expel.taken);
  test("a client that comes back has a new route and gets its answers there", lifecycle.clientRestart);
  test("new members: who is new is let in and talked to, and all others go on", reconfigure.newcomer);
  test("new members: who is gone is dropped, and comes back if wanted again", reconfigure.leaver);
  test("new members: who has another name goes on under it", reconfigure.renamed);
  test("new members: another key, another address, or both", reconfigure.replaced);
  test("new members: clients that are new or gone", reconfigure.clients);
  test("new members: a client's replicas that are new, renamed or gone", reconfigure.clientSide);
  test("new members: again and again under load", reconfigure.underLoad);
  test("new members: what cannot be is refused and changes nothing", reconfigure.refusals);
}

async function peerFrames(lab: TransportLab) {
  const [r1, r2] = [await lab.replica("r1"), await lab.replica("r2")];
  await connected(r1, "r2", r2);
  const view = new Uint8Array(1000).map((_, place) => place).subarray(100, 400);
  const sent = [new Uint8Array(0), utf8("x"), view, new Uint8Array(1024 * 1024).fill(7)];
  r1.sendToPeer("r2", sent);
  const got = await untilReplicaGets("the frames", r2, (message) => message.frames.length === sent.length);
  assertEquals(got.channel, "peer");
  got.frames.forEach((frame, place) => {
    assertEquals(frame.constructor, Uint8Array);
    assert(frame.buffer.byteLength <= Math.max(BLOCK_BYTES, frame.length), `frame ${place} keeps more than itself`);
    assert(equalBytes(frame, sent[place]), `frame ${place} differs`);
  });
}

function equalBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((byte, place) => byte === b[place]);
}

async function routes(lab: TransportLab) {
  const [r1, r2, r3] = [await lab.replica("r1"), await lab.replica("r2"), await lab.replica("r3")];
  const [c1, c2] = [await lab.client(), await lab.client()];
  const senders = {
    "peer r2": () => r2.sendToPeer("r1", frames("peer r2")),
    "peer r3": () => r3.sendToPeer("r1", frames("peer r3")),
    "published r2": () => r2.publish(frames("published r2")),
    "published r3": () => r3.publish(frames("published r3")),
    "client 1": () => c1.send("r1", frames("client 1")),
    "client 2": () => c2.send("r1", frames("client 2")),
  };
  const seen = new Map<string, { routes: Set<string>; messages: number }>();
  await untilReceived("three messages of each sender", async () => {
    for (const send of Object.values(senders)) send();
    for (const message of await r1.receive(20, 64)) {
      const sender = seen.get(text(message)) ?? { routes: new Set(), messages: 0 };
      sender.messages += 1;
      seen.set(text(message), { ...sender, routes: sender.routes.add(message.route) });
    }
    return Object.keys(senders).every((name) => (seen.get(name)?.messages ?? 0) >= 3) ? true : null;
  });
  const routesOf = (name: string) => [...seen.get(name)?.routes ?? []];
  assertEquals([routesOf("published r2"), routesOf("published r3")], [["r2"], ["r3"]]);
  for (const [one, other] of [["peer r2", "peer r3"], ["client 1", "client 2"]] as const) {
    assertEquals([routesOf(one).length, routesOf(other).length], [1, 1]);
    assertNotEquals(routesOf(one), routesOf(other));
  }
}

async function published(lab: TransportLab) {
  const [r1, r2, r3] = [await lab.replica("r1"), await lab.replica("r2"), await lab.replica("r3")];
  for (const target of [r2, r3]) {
    const got = await untilReplicaGets(
      "a publication",
      target,
      (message) => message.channel === "published",
      () => r1.publish(frames("news", "more")),
    );
    assertEquals([got.route, text(got), got.frames.length], ["r1", "news", 2]);
  }
  assertEquals(await r1.receive(0, 64), []);
}

async function requestAndAnswer(lab: TransportLab) {
  const r1 = await lab.replica("r1");
  const [c1, c2] = [await lab.client(), await lab.client()];
  c1.send("r1", frames("from c1"));
  c2.send("r1", frames("from c2"));
  const requests = new Map<string, Received>();
  await untilReceived("both requests", async () => {
    for (const message of await r1.receive(20, 64)) requests.set(text(message), message);
    return requests.size === 2 ? true : null;
  });
  for (const [name, request] of requests) {
    assertEquals(request.channel, "client");
    r1.sendToClient(request.route, frames(`answer to ${name}`));
  }
  for (const [client, name] of [[c1, "c1"], [c2, "c2"]] as const) {
    const answer = await untilClientGets("an answer", client, () => true);
    assertEquals([answer.replica, text(answer)], ["r1", `answer to from ${name}`]);
    assertEquals(await client.receive(0, 64), []);
  }
}

async function fairness(lab: TransportLab) {
  const [r1, r2, c1] = [await lab.replica("r1"), await lab.replica("r2"), await lab.client()];
  await connected(r1, "r2", r2);
  const flood = () => {
    for (let sent = 0; sent < 32; sent++) c1.send("r2", frames("flood"));
  };
  await untilReceived("the flood", async () => {
    flood();
    return (await r2.receive(5, 8)).length === 8 ? true : null;
  });
  r1.sendToPeer("r2", frames("vote"));
  r1.publish(frames("response"));
  const seen = new Set<string>();
  await untilReceived("the peer's messages", async () => {
    flood();
    for (const message of await r2.receive(5, 8)) seen.add(`${message.channel} ${text(message)}`);
    if (!seen.has("published response")) r1.publish(frames("response"));
    return seen.has("peer vote") && seen.has("published response") ? true : null;
  });
  // The flood is not over: more of it was sent than taken, and is still on its way.
  await untilReceived("the rest of the flood", async () => {
    return (await r2.receive(5, 1000)).some(({ channel }) => channel === "client") ? true : null;
  });
}

async function batchLimit(lab: TransportLab) {
  const [r1, r2, c1] = [await lab.replica("r1"), await lab.replica("r2"), await lab.client()];
  await connected(r1, "r2", r2);
  for (let sent = 0; sent < 40; sent++) {
    r1.sendToPeer("r2", frames(`${sent}`));
    c1.send("r2", frames(`${sent}`));
  }
  const order: Record<string, string[]> = { peer: [], client: [] };
  await untilReceived("80 messages", async () => {
    const batch = await r2.receive(20, 3);
    for (const channel of ["peer", "client"]) {
      const texts = batch.filter((message) => message.channel === channel).map(text);
      assert(texts.length <= 3, `${texts.length} messages of ${channel} in a batch, want at most 3`);
      order[channel]?.push(...texts.filter((value) => value !== "hello"));
    }
    return Object.values(order).every((texts) => texts.length === 40) ? true : null;
  });
  const ascending = Array.from({ length: 40 }, (_, place) => `${place}`);
  assertEquals(order, { peer: ascending, client: ascending });
}

async function fullQueue(lab: TransportLab) {
  const [r1, r2, r3] = [await lab.replica("r1"), await lab.replica("r2"), await lab.replica("r3")];
  await connected(r1, "r2", r2);
  await connected(r1, "r3", r3);
  await settled(r2);
  const [sent, dropped, received] = [r1.counters.sent, r1.counters.dropped, r2.counters.received];
  let attempts = 0;
  await until("a dropped message", () => {
    for (let burst = 0; burst < 64; burst++, attempts++) r1.sendToPeer("r2", [new Uint8Array(16 * 1024)]);
    return r1.counters.dropped > dropped;
  });
  await until("all to be counted", () => r1.counters.sent + r1.counters.dropped === sent + dropped + attempts);
  r1.sendToPeer("r3", frames("unhindered"));
  await untilReplicaGets("the message to another peer", r3, (message) => text(message) === "unhindered");
  const accepted = r1.counters.sent - sent - 1;
  await untilReceived("every accepted message", async () => {
    await r2.receive(20, 64);
    return r2.counters.received - received === accepted ? true : null;
  });
  await settled(r2);
  assertEquals(r2.counters.received - received, accepted);
}

async function deadClients(lab: TransportLab) {
  const [r1, c1] = [await lab.replica("r1"), await lab.client()];
  r1.sendToClient(routeOf(utf8("nobody")), frames("hello?"));
  r1.sendToClient("", frames("hello?"));
  await until("two drops", () => r1.counters.dropped === 2);
  const request = await untilReplicaGets("a request", r1, () => true, () => c1.send("r1", frames("ask")));
  await until("a drop for a client that does not read", () => {
    for (let burst = 0; burst < 64; burst++) r1.sendToClient(request.route, [new Uint8Array(16 * 1024)]);
    return r1.counters.dropped > 2;
  });
  await untilClientGets("what was accepted", c1, () => true);
}

async function refused(lab: TransportLab) {
  const [r1, r2, c1] = [await lab.replica("r1"), await lab.replica("r2"), await lab.client()];
  await connected(r1, "r2", r2);
  const many = Array.from({ length: LIMITS.maxFrames + 1 }, () => utf8("x"));
  const half = new Uint8Array(LIMITS.maxPacketBytes / 2 + 1);
  r1.sendToPeer("r2", many);
  r1.sendToPeer("r2", [half, half]);
  const { route } = await untilReplicaGets("a client", r2, ({ channel }) => channel === "client", () => {
    c1.send("r2", frames("hello"));
  });
  c1.send("r2", many);
  const halfOfClient = new Uint8Array(MAX_PACKET_BYTES.client / 2 + 1);
  c1.send("r2", [halfOfClient, halfOfClient]);
  const halfOfPublished = new Uint8Array(MAX_PACKET_BYTES.published / 2 + 1);
  await untilReplicaGets("a publication", r2, ({ channel }) => channel === "published", () => {
    r1.publish(frames("hello"));
  });
  r1.publish([halfOfPublished, halfOfPublished]);
  await untilReceived("five refusals", async () => {
    assertEquals(await r2.receive(20, 64).then((batch) => batch.filter((message) => text(message) !== "hello")), []);
    return r2.counters.refused === 5 ? true : null;
  });
  r1.sendToPeer("r2", frames("good"));
  await untilReplicaGets("a good message", r2, (message) => text(message) === "good");
  r2.sendToClient(route, many);
  await untilReceived("the client's refusal", async () => {
    assertEquals(await c1.receive(20, 64), []);
    return c1.counters.refused === 1 ? true : null;
  });
}
