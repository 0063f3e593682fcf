import type { Attack } from "../attack.ts";
import { memberClient } from "../support/member_client.ts";
import { ATTACKER } from "../support/scene.ts";

const CLIENTS = 16;
const AT_ONCE = 64;
const PATIENCE = { timeoutMs: 60_000 };

/** Returns an attack by puts of `bytes` each, as many under way as the client library lets one have. */
const puts = (name: string, what: string, bytes: number): Attack => ({
  name,
  party: "client",
  what,
  prepares: true,
  async run(scene) {
    const value = new Uint8Array(bytes).fill(120);
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => memberClient(scene, ATTACKER)));
    await Promise.all(clients.map((client, place) => client.put(`attacker/${place}`, value, PATIENCE)));
    scene.begin();
    await Promise.all(clients.flatMap((client, place) =>
      Array.from({ length: AT_ONCE }, async (_, writer) => {
        while (!scene.isOver) {
          const done = client.put(`attacker/${place}/${writer}`, value, PATIENCE);
          await done.then(() => scene.count("writes"), () => scene.count("writes that failed"));
        }
      })
    ));
  },
});

/** Honest requests of one who wants everything. */
export const validRequests = puts(
  "valid-requests",
  "small writes at full rate, 64 connections, 1024 under way",
  100,
);

/** The same with the largest values. */
export const largestValues = puts(
  "largest-values",
  "writes of 64 KiB at full rate, 64 connections, 1024 under way",
  64 * 1024,
);
