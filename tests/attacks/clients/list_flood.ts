import type { Client } from "../../../client/mod.ts";
import type { Attack } from "../attack.ts";
import { memberClient } from "../support/member_client.ts";
import { ATTACKER } from "../support/scene.ts";

const CLIENTS = 8;
const AT_ONCE = 32;
/** 400 kB in all, close to the largest result. */
const KEYS = 200;
const VALUE = new Uint8Array(2000).fill(120);

/** Lists of as much as one answer holds. */
export const listFlood: Attack = {
  name: "list-flood",
  party: "client",
  what: "lists of 400 kB at full rate, 32 connections, 256 under way",
  prepares: true,
  async run(scene) {
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => memberClient(scene, ATTACKER)));
    await fill(clients[0]!);
    scene.begin();
    await Promise.all(clients.flatMap((client) =>
      Array.from({ length: AT_ONCE }, async () => {
        while (!scene.isOver) {
          const listed = client.list("long/", { timeoutMs: 60_000 });
          await listed.then(() => scene.count("lists"), () => scene.count("lists that failed"));
        }
      })
    ));
  },
};

async function fill(client: Client): Promise<void> {
  const write = (place: number) => client.put(`long/${place}`, VALUE, { timeoutMs: 60_000 });
  await Promise.all(Array.from({ length: KEYS }, (_, place) => write(place)));
}
