/** Asks whether anything listens at the addresses of replicas, before a change to them is made final. */
import { addressText } from "../../../crypto/roster/address.ts";
import type { RosterReplica } from "../../../crypto/roster/roster_types.ts";

/** Longest wait for one connection. */
const PATIENCE_MS = 3000;

/** Returns the replicas at whose client port nothing listens, as it looks from here, each with its address. */
export async function unreachable(replicas: readonly RosterReplica[], patienceMs = PATIENCE_MS): Promise<string[]> {
  const found = await Promise.all(replicas.map((replica) => listens(replica.host, replica.clientPort, patienceMs)));
  return replicas.filter((_, i) => !found[i]).map((replica) => `${replica.id} (${addressText(replica)})`);
}

async function listens(hostname: string, port: number, patienceMs: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => timer = setTimeout(() => resolve(null), patienceMs));
  const connecting = Deno.connect({ hostname, port }).catch(() => null);
  try {
    const connection = await Promise.race([connecting, late]);
    // One that comes about after all is of no use.
    if (connection === null) void connecting.then((opened) => opened?.close());
    else connection.close();
    return connection !== null;
  } finally {
    clearTimeout(timer);
  }
}
