/** Turns options into a connected client, or an error that says which file or option is wrong. */
import { ConfigError } from "../../crypto/config_error.ts";
import { unlockKeyFile } from "../../crypto/keys/key_file.ts";
import { requireMember } from "../../crypto/roster/key_ring.ts";
import { readSignedRoster } from "../../crypto/roster/parse_roster.ts";
import type { Step } from "../../crypto/roster/verify_end.ts";
import { loadBackend } from "../../crypto/signing/load_backend.ts";
import { openTracing } from "../../metrics/mod.ts";
import { CRASH_WARNING } from "../../protocol/config.ts";
import { openClientTransport } from "../../transport/mod.ts";
import { createClient } from "../client.ts";
import type { Client } from "../client_types.ts";
import { RosterStore } from "../epochs/roster_store.ts";
import { UsageError } from "../errors.ts";
import type { GlobalOptions } from "./common/global_options.ts";

const PLAINTEXT_WARNING =
  "client: --insecure-plaintext: nothing is encrypted, and whoever is on the way reads all of it: for debugging alone";

/** Creates the client a command line asks for. */
export type Connect = (globals: GlobalOptions) => Promise<Client>;

function required(name: string, value: string | null, wanted: string): string {
  if (value === null) throw new UsageError(`--${name} was not given; wanted ${wanted}`);
  return value;
}

/** Connects over ZMTP. Throws `ConfigError`, `TransportError` or {@linkcode UsageError}. */
export async function connectOverZmq(globals: GlobalOptions): Promise<Client> {
  const clusterPath = required("cluster", globals.cluster, "the path of a cluster.json");
  const keyPath = required(
    "key",
    globals.key,
    "the path of a client's key file (the operator's for activate and deactivate)",
  );
  const { backend } = await loadBackend(globals.crypto);
  const key = await unlockKeyFile(keyPath, globals.passphraseFile, backend);
  const given = await readSignedRoster(clusterPath, key.operatorKey, backend);
  const store = new RosterStore(clusterPath);
  const latest = await store.read(given, backend);
  const { roster } = latest;
  // The file pins the operator where the chain begins; from there on each roster is believed by the one before.
  requireMember(roster, { ...key, operatorKey: roster.operatorKey }, ["client", "operator"]);
  const { transport: engine, insecurePlaintext } = globals;
  if (insecurePlaintext) console.error(PLAINTEXT_WARNING);
  if (roster.constants.profile === "crash") console.error(`client: ${CRASH_WARNING}`);
  const transport = await openClientTransport({ roster, key, engine, insecurePlaintext });
  try {
    return createClient({
      ...{ roster: latest, origin: given, key, transport, backend, timings: { timeoutMs: globals.timeoutMs } },
      onRoster: (steps) => keep(store, steps),
      tracing: await openTracing("client"),
    });
  } catch (error) {
    await transport.close();
    throw error;
  }
}

/** Keeps what was learnt; where nothing can be written it is asked for again the next time. */
async function keep(store: RosterStore, steps: readonly Step[]): Promise<void> {
  try {
    await store.add(steps);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`client: the roster in force is not kept: ${error.message}`);
  }
}
