/** The contract's tests about connections that are ended for an offence. */
import { assertEquals } from "@std/assert";
import type { ClientTransport, Received, ReplicaTransport } from "../../../transport/port.ts";
import { frames, text, until, untilReplicaGets } from "../../transport/receiving.ts";
import { connected, settled, type TransportLab } from "./transport_lab.ts";

/** Returns the next message of `client`, which says `words` until it is heard. */
const heard = (r1: ReplicaTransport, client: ClientTransport, words: string): Promise<Received> =>
  untilReplicaGets(words, r1, (message) => text(message) === words, () => client.send("r1", frames(words)));

export async function expelled(lab: TransportLab) {
  const [r1, r2] = [await lab.replica("r1"), await lab.replica("r2")];
  const [c1, c2] = [await lab.client(), await lab.client()];
  await connected(r2, "r1", r1);
  const [one, other] = [await heard(r1, c1, "one"), await heard(r1, c2, "other")];
  await settled(r1);
  for (const none of [{ channel: "published", route: "r2" }, { channel: "client", route: "00" }] as const) {
    assertEquals(r1.expel(none, "nothing"), false);
  }
  assertEquals([r1.expel(one, "a test"), r1.expel(one, "a test")], [true, false]);
  const { dropped } = r1.counters;
  r1.sendToClient(one.route, frames("too late"));
  await until("the answer to be dropped", () => r1.counters.dropped === dropped + 1);
  assertEquals(r1.counters.ended?.["offence"], 1);
  r2.sendToPeer("r1", frames("peer"));
  await untilReplicaGets("a peer", r1, (message) => text(message) === "peer");
  r2.publish(frames("published"));
  await untilReplicaGets("a publication", r1, (message) => text(message) === "published");
  assertEquals((await heard(r1, c2, "other still")).route, other.route);
  assertEquals((await heard(r1, c1, "one again")).route === one.route, false);
}

export async function taken(lab: TransportLab) {
  const [r1, c1] = [await lab.replica("r1"), await lab.client()];
  const one = await heard(r1, c1, "one");
  assertEquals(r1.expel(one, "a test"), false);
  assertEquals((await heard(r1, c1, "all the same")).route, one.route);
}
