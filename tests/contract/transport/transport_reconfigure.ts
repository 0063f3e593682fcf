/** The contract's tests about members that change while a transport runs. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { TransportError } from "../../../transport/endpoint.ts";
import type { Channel, Received, ReplicaTransport, TransportPeer } from "../../../transport/port.ts";
import { frames, text, until, untilClientGets, untilReceived, untilReplicaGets } from "../../transport/receiving.ts";
import type { TransportLab, Twin } from "./transport_lab.ts";
import { Steady } from "./transport_steady.ts";

const isOn = (channel: Channel, words: string) => (message: Received): boolean =>
  message.channel === channel && text(message) === words;

/** Waits until r1 and `other`, whom r1 knows as `name`, hear each other on both channels. */
async function assertHeard(
  ...[steady, r1, name, other, words]: [Steady, ReplicaTransport, string, ReplicaTransport, string]
): Promise<Received> {
  const message = await steady.untilOther(`${words} of ${name}`, isOn("peer", words), () => {
    other.sendToPeer("r1", frames(words));
  });
  const isIt = (heard: Received) => isOn("published", words)(heard) && heard.route === name;
  await steady.untilOther(`${words} published by ${name}`, isIt, () => other.publish(frames(words)));
  for (const channel of ["peer", "published"] as const) {
    await untilReceived(`${words} on ${channel} at ${name}`, async () => {
      await steady.others(() => {
        if (channel === "peer") r1.sendToPeer(name, frames(words));
        else r1.publish(frames(words));
      });
      return (await other.receive(0, 64)).find(isOn(channel, words)) ?? null;
    });
  }
  return message;
}

const endsOf = (transport: ReplicaTransport, cause: string) => transport.counters.ended?.[cause] ?? 0;

/** Returns the peers that all tests begin and end with. */
const both = (lab: TransportLab) => [lab.member("r2"), lab.member("r3")];

export async function newcomer(lab: TransportLab, twin: Twin) {
  const r1 = await lab.replica("r1", { peers: ["r3"] });
  const steady = await Steady.start(lab, r1);
  const r2 = await lab.replica("r2", { peers: ["r1"] });
  assertThrows(() => r1.sendToPeer("r2", frames("x")), RangeError, '"r2"');
  if (twin.admits("r1")) {
    await untilReceived("it to be refused", async () => {
      assertEquals(await steady.others(() => r2.sendToPeer("r1", frames("early"))), []);
      return endsOf(r1, "not-admitted") >= 2 ? true : null;
    });
  }
  r1.reconfigure(lab.members(both(lab)));
  const { owner } = await assertHeard(steady, r1, "r2", r2, "in");
  assertEquals(owner, twin.admits("r1") ? "r2" : undefined);
  await steady.assertWhole();
}

export async function leaver(lab: TransportLab, twin: Twin) {
  const r1 = await lab.replica("r1", { peers: ["r2", "r3"] });
  const r2 = await lab.replica("r2", { peers: ["r1"] });
  const steady = await Steady.start(lab, r1);
  await assertHeard(steady, r1, "r2", r2, "in");
  const { sent } = r1.counters;
  r2.publish(frames("late"));
  r1.reconfigure(lab.members([lab.member("r3")]));
  assertThrows(() => r1.sendToPeer("r2", frames("x")), RangeError, '"r2"');
  const late: Received[] = [];
  await untilReceived("it to be dropped", async () => {
    late.push(
      ...await steady.others(() => {
        r2.sendToPeer("r1", frames("late"));
        r2.publish(frames("late"));
        r1.publish(frames("secret"));
      }),
    );
    if (!twin.admits("r1")) return late.some(isOn("peer", "late")) ? true : null;
    // Both connections that there were, and both that it tried for since.
    return endsOf(r1, "not-admitted") >= 4 ? true : null;
  });
  assertEquals(late.filter((message) => twin.admits("r1") || message.channel === "published"), []);
  if (twin.admits("r1")) assertEquals((await r2.receive(0, 1000)).filter(isOn("published", "secret")), []);
  assert(r1.counters.sent >= sent, "what was sent to it is forgotten");
  r1.reconfigure(lab.members(both(lab)));
  await assertHeard(steady, r1, "r2", r2, "back");
  await steady.assertWhole();
}

export async function renamed(lab: TransportLab, twin: Twin) {
  const r1 = await lab.replica("r1", { peers: ["r2", "r3"] });
  const r2 = await lab.replica("r2", { peers: ["r1"] });
  const steady = await Steady.start(lab, r1);
  const before = await assertHeard(steady, r1, "r2", r2, "in");
  // A hold-off ends with the name; where nobody is authenticated it is of a connection.
  r1.holdOff({ channel: "published", route: "r2" }, 60_000);
  if (twin.admits("r1")) r1.holdOff(before, 60_000);
  r1.reconfigure(lab.members([{ ...lab.member("r2"), id: "r2@1" }, lab.member("r3")]));
  assertThrows(() => r1.sendToPeer("r2", frames("x")), RangeError, '"r2"');
  if (twin.knowsKeys) {
    r1.sendToPeer("r2@1", frames("kept"));
    await untilReplicaGets("what r1 says at once", r2, isOn("peer", "kept"));
  }
  const after = await assertHeard(steady, r1, "r2@1", r2, "renamed");
  assertEquals(after.route, before.route);
  assertEquals(after.owner, twin.admits("r1") ? "r2@1" : undefined);
  await steady.assertWhole();
}

export async function replaced(lab: TransportLab, twin: Twin) {
  const r1 = await lab.replica("r1", { peers: ["r2", "r3"] });
  let r2 = await lab.replica("r2", { peers: ["r1"] });
  const steady = await Steady.start(lab, r1);
  await assertHeard(steady, r1, "r2", r2, "in");
  for (const [place, key] of [["r4", "r2"], ["r4", "r4"], ["r2", "r2"]] as const) {
    await r2.close();
    const next: TransportPeer = { ...lab.member(place, key), id: "r2" };
    r1.reconfigure(lab.members([next, lab.member("r3")]));
    r2 = await lab.replica(place, { key, peers: ["r1"] });
    const { owner } = await assertHeard(steady, r1, "r2", r2, `at ${place} with the key of ${key}`);
    assertEquals(owner, twin.admits("r1") ? "r2" : undefined);
  }
  await steady.assertWhole();
}

export async function clients(lab: TransportLab, twin: Twin) {
  const r1 = await lab.replica("r1", { peers: ["r3"] });
  const steady = await Steady.start(lab, r1);
  const c2 = await lab.client({ id: "c2", replicas: ["r1"] });
  const peers = [lab.member("r3")];
  if (twin.admits("r1")) {
    await untilReceived("it to be refused", async () => {
      assertEquals(await steady.others(() => c2.send("r1", frames("early"))), []);
      return endsOf(r1, "not-admitted") > 0 ? true : null;
    });
  }
  r1.reconfigure(lab.members(peers, ["c1", "c2"]));
  const { route, owner } = await steady.untilOther("c2", isOn("client", "in"), () => c2.send("r1", frames("in")));
  assertEquals(owner, twin.admits("r1") ? "c2" : undefined);
  r1.sendToClient(route, frames("answer"));
  await untilClientGets("its answer", c2, (message) => text(message) === "answer");
  r1.reconfigure(lab.members(peers));
  if (twin.admits("r1")) {
    const { dropped } = r1.counters;
    r1.sendToClient(route, frames("too late"));
    assertEquals(r1.counters.dropped, dropped + 1);
    const ends = endsOf(r1, "not-admitted");
    await untilReceived("it to be refused again", async () => {
      assertEquals((await steady.others(() => c2.send("r1", frames("late")))).filter(isOn("client", "late")), []);
      return endsOf(r1, "not-admitted") > ends ? true : null;
    });
  } else await steady.untilOther("c2 all the same", isOn("client", "late"), () => c2.send("r1", frames("late")));
  await steady.assertWhole();
}

export async function clientSide(lab: TransportLab) {
  const [r1, r2, c1] = [await lab.replica("r1"), await lab.replica("r2"), await lab.client({ replicas: ["r1"] })];
  const routes = new Set<string>();
  /** Waits until the replica is asked and answers, and returns the name by which the answer comes. */
  const answers = async (replica: ReplicaTransport, name: string, words: string): Promise<string> => {
    const ask = () => c1.send(name, frames(words));
    const { route } = await untilReplicaGets(words, replica, (message) => text(message) === words, ask);
    if (replica === r1) routes.add(route);
    replica.sendToClient(route, frames(words));
    return (await untilClientGets(`an answer to ${words}`, c1, (message) => text(message) === words)).replica;
  };
  const [one, two] = [lab.member("r1"), lab.member("r2")];
  await answers(r1, "r1", "first");
  c1.reconfigure([one, two]);
  assertEquals(await answers(r2, "r2", "new"), "r2");
  c1.reconfigure([{ ...two, id: "r2@1" }, one]);
  assertEquals(await answers(r2, "r2@1", "renamed"), "r2@1");
  assertThrows(() => c1.send("r2", frames("x")), RangeError, '"r2"');
  const request = await untilReplicaGets(
    "a request",
    r2,
    isOn("client", "last"),
    () => c1.send("r2@1", frames("last")),
  );
  c1.reconfigure([one]);
  r2.sendToClient(request.route, frames("too late"));
  assertThrows(() => c1.send("r2@1", frames("x")), RangeError, '"r2@1"');
  assertEquals(await answers(r1, "r1", "still"), "r1");
  c1.reconfigure([]);
  assertEquals(await c1.receive(20, 64), []);
  c1.reconfigure([{ ...two, id: "r1" }]);
  assertEquals(await answers(r2, "r1", "another"), "r1");
  assertEquals(routes.size, 1);
}

export async function underLoad(lab: TransportLab, twin: Twin) {
  const r1 = await lab.replica("r1", { peers: ["r2", "r3"] });
  const r2 = await lab.replica("r2", { peers: ["r1"] });
  const steady = await Steady.start(lab, r1);
  await assertHeard(steady, r1, "r2", r2, "in");
  const flood = () => {
    for (let burst = 0; burst < 16; burst++) {
      r2.sendToPeer("r1", [new Uint8Array(1024)]);
      r2.publish([new Uint8Array(1024)]);
    }
  };
  for (let round = 0; round < 20; round++) {
    await steady.others(flood);
    r1.reconfigure(lab.members(round % 2 === 0 ? [lab.member("r3")] : both(lab)));
    r1.reconfigure(lab.members(round % 2 === 0 ? [lab.member("r3")] : both(lab)));
  }
  await assertHeard(steady, r1, "r2", r2, "in the end");
  await steady.assertWhole();
  if (twin.admits("r1")) assert(endsOf(r1, "not-admitted") > 0);
}

export async function refusals(lab: TransportLab, twin: Twin) {
  const r1 = await lab.replica("r1", { peers: ["r2", "r3"] });
  const r2 = await lab.replica("r2", { peers: ["r1"] });
  const steady = await Steady.start(lab, r1);
  const { route } = await assertHeard(steady, r1, "r2", r2, "in");
  const [two, three] = [lab.member("r2"), lab.member("r3")];
  const refused = (peers: readonly TransportPeer[], error: new () => Error, words: string, more = {}) => {
    assertThrows(() => r1.reconfigure({ ...lab.members(peers), ...more }), error, words);
  };
  refused([{ ...three, host: "[::1]" }], TransportError, "[::1]");
  refused([{ ...three, publishPort: 0 }], TransportError, "Port 0");
  refused([three, three], RangeError, '"r3"');
  if (twin.knowsKeys && twin.name !== "memory") {
    refused([{ ...three, curveKey: new Uint8Array(31) }], RangeError, "31 bytes");
    refused([three, { ...three, id: "r3@1" }], RangeError, "r3 and r3@1");
    refused([lab.member("r1")], RangeError, "own");
    refused([three], RangeError, "for r3", { admittedPeers: new Map([["r3", two.curveKey]]) });
    const key = lab.member("r4").curveKey;
    refused([three], RangeError, "c1 and c2", { admittedClients: new Map([["c1", key], ["c2", key]]) });
  }
  const after = await assertHeard(steady, r1, "r2", r2, "still");
  assertEquals(after.route, route);
  await steady.assertWhole();
  const c2 = await lab.client({ id: "c2" });
  assertThrows(() => c2.reconfigure([{ ...two, clientPort: 0 }]), TransportError, "Port 0");
  assertThrows(() => c2.reconfigure([two, two]), RangeError, '"r2"');
  c2.send("r3", frames("x"));
  await Promise.all([r1.close(), c2.close()]);
  r1.reconfigure(lab.members([three]));
  c2.reconfigure([three]);
  r1.sendToPeer("r2", frames("x"));
  await until("it to be dropped", () => r1.counters.dropped > 0);
}
