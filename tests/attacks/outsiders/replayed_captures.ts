import type { Attack } from "../attack.ts";
import { flood } from "../support/flood.ts";
import { memberClient } from "../support/member_client.ts";
import { Relay } from "../support/relay.ts";
import { RECORDED, type Scene } from "../support/scene.ts";

const PER_PORT = 16;
const WRITES = 20;

/** Words of an honest client, recorded on the way and said again from many connections. */
export const replayedCaptures: Attack = {
  name: "replayed-captures",
  party: "outsider",
  what: "the recorded bytes of an honest client's connection, said again over 16 connections to each client port",
  prepares: true,
  async run(scene) {
    const captures = await record(scene);
    scene.begin();
    for (const capture of captures.values()) scene.count("bytes recorded", capture.length);
    const words = ({ replica }: { readonly replica: string }) => captures.get(replica)!;
    await flood(scene, scene.places(["client"]), PER_PORT, words, words);
  },
};

/** Returns what a client said to each replica while it wrote. */
async function record(scene: Scene): Promise<ReadonlyMap<string, Uint8Array>> {
  const relays = scene.roster.replicas.map(({ host, clientPort }) =>
    new Relay({ host, port: 0 }, { host, port: clientPort })
  );
  const replicas = scene.roster.replicas.map((replica, place) => ({ ...replica, clientPort: relays[place]!.port }));
  const client = await memberClient(scene, RECORDED, replicas);
  for (let count = 0; count < WRITES; count++) await client.put(`recorded/${count}`, "once", { timeoutMs: 20_000 });
  await client.close();
  for (const relay of relays) relay[Symbol.dispose]();
  return new Map(replicas.map(({ id }, place) => [id, new Uint8Array(relays[place]!.streams[0] ?? [])]));
}
