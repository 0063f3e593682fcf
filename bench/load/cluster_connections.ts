/** Connections of a client process to a cluster: one client of the library for each of its keys. */
import { type Client, createClient } from "../../client/mod.ts";
import { readKeyFile } from "../../crypto/keys/key_file.ts";
import { readRoster } from "../../crypto/roster/parse_roster.ts";
import { loadBackend } from "../../crypto/signing/load_backend.ts";
import { countingBackend } from "../../replica/diagnostics/counting_backend.ts";
import { openClientTransport } from "../../transport/mod.ts";
import type { Connections } from "./writers.ts";

/** Connects with each of `keyFiles`, with up to `maxGroup` writes under one signature, and resolves once all of them are served. */
export async function connectCluster(
  cluster: string,
  keyFiles: readonly string[],
  maxGroup: number,
): Promise<Connections> {
  const { backend, work } = countingBackend((await loadBackend("auto")).backend);
  const clients = await Promise.all(keyFiles.map(async (file): Promise<Client> => {
    const key = await readKeyFile(file, backend);
    const roster = await readRoster(cluster, key.operatorKey, backend);
    return createClient({ roster, key, transport: await openClientTransport({ roster, key }), backend, maxGroup });
  }));
  await Promise.all(clients.map((client) => client.put("bench", "connected")));
  return {
    puts: clients.map((client) => (key, value) => client.put(key, value)),
    reads: clients.map((client) => (key) => client.fastRead(key)),
    work,
  };
}
