/** A real client in the attacker's process. */
import { type Client, createClient } from "../../../client/mod.ts";
import type { Roster } from "../../../crypto/roster/roster_types.ts";
import { openClientTransport } from "../../../transport/mod.ts";
import type { Scene } from "./scene.ts";

/** Opens a client with the key of `id`; `replicas` says where to find them if not at the roster's addresses. */
export async function memberClient(
  scene: Scene,
  id: string,
  replicas: Roster["replicas"] = scene.roster.replicas,
): Promise<Client> {
  const { backend, plaintext } = scene;
  const found = { ...scene.roster, replicas };
  const own = await scene.key(id);
  const transport = await openClientTransport({ roster: found, key: own, insecurePlaintext: plaintext });
  return createClient({ roster: found, key: own, transport, backend });
}
