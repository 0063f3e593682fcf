/** The contract's tests about waiting, closing and restarting. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Received } from "../../../transport/port.ts";
import { routeOf } from "../../../transport/route.ts";
import { frames, text, untilClientGets, untilReplicaGets } from "../../transport/receiving.ts";
import { connected, type TransportLab } from "./transport_lab.ts";

const utf8 = (value: string) => new TextEncoder().encode(value);

export async function wake(lab: TransportLab) {
  const [r1, c1] = [await lab.replica("r1"), await lab.client()];
  for (const transport of [r1, c1]) {
    const begin = performance.now();
    const pending: Promise<unknown[]> = transport.receive(60_000, 64);
    setTimeout(() => transport.wake(), 5);
    assertEquals(await pending, []);
    transport.wake();
    assertEquals(await transport.receive(60_000, 64), []);
    assert(performance.now() - begin < 5000, "wake did not end the receive");
    assertEquals(await transport.receive(1, 64), [], "a wake must not be lost, nor last");
  }
}

export async function timeout(lab: TransportLab) {
  const r1 = await lab.replica("r1");
  const begin = performance.now();
  assertEquals(await r1.receive(30, 64), []);
  const passed = performance.now() - begin;
  assert(passed >= 29 && passed < 5000, `receive(30) took ${passed} ms`);
}

export async function oneReceive(lab: TransportLab) {
  const r1 = await lab.replica("r1");
  const pending = r1.receive(60_000, 64);
  await assertRejects(() => r1.receive(0, 64), Error, "pending already");
  r1.wake();
  assertEquals(await pending, []);
}

export async function timersUnderLoad(lab: TransportLab) {
  const [r1, r2] = [await lab.replica("r1"), await lab.replica("r2")];
  await connected(r1, "r2", r2);
  let fired = false;
  const timer = setTimeout(() => fired = true, 50);
  const deadline = performance.now() + 5000;
  while (!fired && performance.now() < deadline) {
    for (let sent = 0; sent < 8; sent++) r1.sendToPeer("r2", frames("load"));
    await r2.receive(1000, 4);
  }
  clearTimeout(timer);
  assert(fired, "no timer fired in 5 seconds of receiving");
}

export async function close(lab: TransportLab) {
  const [r1, c1] = [await lab.replica("r1"), await lab.client()];
  const pending = [r1.receive(60_000, 64), c1.receive(60_000, 64)];
  await Promise.all([r1.close(), c1.close(), r1.close(), c1.close()]);
  assertEquals(await Promise.all<unknown[]>(pending), [[], []]);
  r1.sendToPeer("r2", frames("late"));
  r1.publish(frames("late"));
  r1.sendToClient(routeOf(utf8("c1")), frames("late"));
  c1.send("r1", frames("late"));
  r1.wake();
  assertEquals([r1.counters.dropped, c1.counters.dropped], [3, 1]);
  assertEquals([await r1.receive(1000, 64), await c1.receive(1000, 64)], [[], []]);
}

export async function programmingErrors(lab: TransportLab) {
  const [r1, c1] = [await lab.replica("r1"), await lab.client()];
  assertThrows(() => r1.sendToPeer("r9", frames("x")), RangeError, '"r9"');
  assertThrows(() => c1.send("r9", frames("x")), RangeError, '"r9"');
  assertThrows(() => r1.publish([]), RangeError, "0 frames");
  assertThrows(() => r1.sendToPeer("r2", []), RangeError, "0 frames");
  assertThrows(() => r1.sendToClient("00", []), RangeError, "0 frames");
  assertThrows(() => c1.send("r1", []), RangeError, "0 frames");
}

export async function replicaRestart(lab: TransportLab) {
  const [r1, first, c1] = [await lab.replica("r1"), await lab.replica("r2"), await lab.client()];
  await connected(r1, "r2", first);
  await first.close();
  r1.sendToPeer("r2", frames("nobody hears this"));
  const second = await lab.replica("r2");
  const wants = [
    ["peer", () => r1.sendToPeer("r2", frames("again"))],
    ["published", () => r1.publish(frames("again"))],
    ["client", () => c1.send("r2", frames("again"))],
  ] as const;
  for (const [channel, send] of wants) {
    await untilReplicaGets(`a ${channel} message after the restart`, second, (m) => m.channel === channel, send);
  }
  await connected(second, "r1", r1);
  const isNews = (message: Received) => message.channel === "published";
  await untilReplicaGets("its publications", r1, isNews, () => second.publish(frames("back")));
}

export async function clientRestart(lab: TransportLab) {
  const r1 = await lab.replica("r1");
  const routes = new Set<string>();
  for (const life of ["first", "second", "third"]) {
    const client = await lab.client();
    const isNew = (message: Received) => text(message) === life;
    const request = await untilReplicaGets("its request", r1, isNew, () => client.send("r1", frames(life)));
    routes.add(request.route);
    const answer = () => r1.sendToClient(request.route, frames(`to ${life}`));
    await untilClientGets("its answer", client, (message) => text(message) === `to ${life}`, answer);
    await client.close();
  }
  assertEquals(routes.size, 3);
}
