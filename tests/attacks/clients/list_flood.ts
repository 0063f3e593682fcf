import type { Client } from "../../../client/mod.ts";
import type { Attack } from "../attack.ts";
import { memberClient } from "../support/member_client.ts";
import { ATTACKER } from "../support/scene.ts";

const CLIENTS = 8;
const AT_ONCE = 32;
const KEYS = 1000;
const LIMIT = 1000;

/** Lists of as much as one answer holds. */
export const listFlood: Attack = {
  name: "list-flood",
  party: "client",
  what: "1000 keys, and lists of all of them at full rate, 32 connections, 256 under way",
  async run(scene) {
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => memberClient(scene, ATTACKER)));
    await fill(clients[0]!);
    await Promise.all(clients.flatMap((client) =>
      Array.from({ length: AT_ONCE }, async () => {
        while (!scene.isOver) {
          const listed = client.list("long/", { limit: LIMIT, timeoutMs: 60_000 });
          await listed.then(() => scene.count("lists"), () => scene.count("lists that failed"));
        }
      })
    ));
  },
};

async function fill(client: Client): Promise<void> {
  const key = (place: number) => `long/${"x".repeat(400)}/${place}`;
  await Promise.all(Array.from({ length: KEYS }, (_, place) => client.put(key(place), "x", { timeoutMs: 60_000 })));
}
