import { clientId } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { encodeKvCommand, KV_LIMITS } from "../../../state_machine/mod.ts";
import { encodePacket } from "../../../transport/codec/mod.ts";
import type { Attack } from "../attack.ts";
import { memberClient } from "../support/member_client.ts";
import { memberCrowd } from "../support/member_crowd.ts";
import { ATTACKER, type Scene } from "../support/scene.ts";
import { sealOf } from "../support/signing.ts";

const CLIENTS = 4;
const READERS = 256;
const CONNECTIONS = 16;
const BATCH = 32;

/** Fast reads by clients with routes of their own, and beside them one signed packet of lists over and over: both rates of the key. */
export const readFlood: Attack = {
  name: "read-flood",
  party: "client",
  what: "fast reads at full rate, 1024 under way, and packets of 64 lists over 16 connections",
  fastReads: true,
  prepares: true,
  async run(scene) {
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => memberClient(scene, ATTACKER)));
    await clients[0]!.put("attacker", new Uint8Array(200), { timeoutMs: 60_000 });
    scene.begin();
    const readers = clients.flatMap((client) =>
      Array.from({ length: READERS }, async () => {
        while (!scene.isOver) {
          const read = client.fastRead("attacker", { timeoutMs: 60_000 });
          await read.then(
            ({ fast }) => scene.count(fast ? "reads" : "reads ordered"),
            () => scene.count("failed reads"),
          );
        }
      })
    );
    await Promise.all([...readers, repeatLists(scene)]);
  },
};

async function repeatLists(scene: Scene): Promise<void> {
  const seal = await sealOf(scene, ATTACKER);
  const list = encodeKvCommand({ op: "list", prefix: "", after: "", limit: KV_LIMITS.maxListLimit });
  const queries = Array.from({ length: LIMITS.maxGroup }, () => list);
  const signed = seal({ kind: "FastReads", client: clientId(ATTACKER), nonce: 1, queries } as const);
  const packet = encodePacket({ kind: "FastReads", signed });
  await memberCrowd(scene, ATTACKER, scene.places(["client"]), CONNECTIONS, async (link) => {
    await link.messages(Array.from({ length: BATCH }, () => packet));
    scene.count("packets of lists", BATCH);
  });
}
