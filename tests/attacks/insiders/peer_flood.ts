import { pause } from "../support/crowd.ts";
import { memberCrowd } from "../support/member_crowd.ts";
import { INSIDER, type Scene } from "../support/scene.ts";
import { Insider } from "./insider.ts";

const CONNECTIONS_PER_PEER = 2;

/** Makes the frames of the next packet; null if there is none now. */
export type Next = (insider: Insider, count: number) => Uint8Array[] | null;

/** Floods the peer ports of the others, `batch` packets in one piece. */
export async function floodPeers(scene: Scene, insider: Insider, next: Next, batch = 32): Promise<void> {
  const places = scene.places(["peer"], "insider");
  let count = 0;
  await memberCrowd(scene, INSIDER, places, CONNECTIONS_PER_PEER * places.length, async (link) => {
    const messages = Array.from({ length: batch }, () => next(insider, ++count)).filter((frames) => frames !== null);
    if (messages.length === 0) await pause(10);
    await link.messages(messages);
  });
}

/** Publishes as fast as subscribers take it: what goes beyond their queues is dropped here. */
export async function floodSubscribers(scene: Scene, insider: Insider, next: Next, batch = 64): Promise<void> {
  for (let count = 1; !scene.isOver;) {
    for (let said = 0; said < batch; said++) {
      const frames = next(insider, count++);
      if (frames !== null) insider.publish(frames);
    }
    scene.count("published", batch);
    await pause(0);
  }
}

/** Takes r4's place and floods both ways at once. */
export async function floodBothWays(scene: Scene, toPeers: Next | null, published: Next | null): Promise<void> {
  const insider = await Insider.open(scene);
  await Promise.all([
    toPeers && floodPeers(scene, insider, toPeers),
    published && floodSubscribers(scene, insider, published),
  ]);
}
