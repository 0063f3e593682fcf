/** The contract's tests about sources that are held off. */
import { assert, assertEquals } from "@std/assert";
import type { Channel, Received } from "../../../transport/port.ts";
import { frames, text, untilClientGets, untilReceived, untilReplicaGets } from "../../transport/receiving.ts";
import { connected, settled, type TransportLab } from "./transport_lab.ts";

const CHANNELS = ["client", "published", "peer"] as const;

/** Opens r1, to which r2 and a client send on the three channels; nothing is under way. */
async function scene(lab: TransportLab) {
  const [r1, r2, r3, c1] = [
    await lab.replica("r1"),
    await lab.replica("r2"),
    await lab.replica("r3"),
    await lab.client(),
  ];
  const say: Readonly<Record<Channel, (text: string) => void>> = {
    client: (text) => c1.send("r1", frames(text)),
    published: (text) => r2.publish(frames(text)),
    peer: (text) => r2.sendToPeer("r1", frames(text)),
  };
  const sources = new Map<Channel, Received>();
  for (const channel of CHANNELS) {
    const isIt = (message: Received) => message.channel === channel && text(message) === "hello";
    sources.set(channel, await untilReplicaGets(channel, r1, isIt, () => say[channel]("hello")));
  }
  await connected(r3, "r1", r1);
  await settled(r1);
  return { r1, r3, c1, say, sources };
}

export async function held(lab: TransportLab) {
  const { r1, r3, c1, say, sources } = await scene(lab);
  const free = new Set<Channel>(CHANNELS);
  for (const channel of CHANNELS) {
    r1.holdOff(sources.get(channel)!, 60_000);
    free.delete(channel);
    const heard: string[] = [];
    for (const each of CHANNELS) say[each](`${each} while ${channel} is held`);
    r3.sendToPeer("r1", frames("r3"));
    await untilReceived("all others", async () => {
      heard.push(...(await r1.receive(20, 64)).map(text));
      return heard.length > free.size ? true : null;
    });
    await settled(r1);
    assertEquals(heard.toSorted(), [...[...free].map((each) => `${each} while ${channel} is held`), "r3"].toSorted());
  }
  r1.sendToClient(sources.get("client")!.route, frames("answer"));
  assertEquals(text(await untilClientGets("the answer", c1, () => true)), "answer");
  assertEquals(await r1.receive(20, 64), []);
}

export async function released(lab: TransportLab) {
  const { r1, say, sources } = await scene(lab);
  const begin = performance.now();
  for (const channel of CHANNELS) for (const ms of [10, 300, 1]) r1.holdOff(sources.get(channel)!, ms);
  for (const channel of CHANNELS) for (const place of [1, 2]) say[channel](`${channel} ${place}`);
  const heard: string[] = [];
  while (heard.length < 6) {
    const batch = await r1.receive(10_000, 64);
    assert(batch.length > 0, "nothing said that the time was over");
    heard.push(...batch.map(text));
    assert(performance.now() - begin > 299, `${heard} came early`);
  }
  for (const channel of CHANNELS) {
    assertEquals(heard.filter((text) => text.startsWith(channel)), [`${channel} 1`, `${channel} 2`]);
  }
}

export async function taken(lab: TransportLab) {
  const { r1, say, sources } = await scene(lab);
  for (const channel of CHANNELS) {
    r1.holdOff(sources.get(channel)!, 60_000);
    say[channel]("all the same");
    await untilReplicaGets("it", r1, (message) => text(message) === "all the same");
  }
}
