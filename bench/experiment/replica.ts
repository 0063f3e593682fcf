/** A replica of the experiment, as a process: the real one, with signatures that may be free. */
import { readKeyFile } from "../../crypto/keys/key_file.ts";
import { readSignedRoster } from "../../crypto/roster/parse_roster.ts";
import { loadBackend } from "../../crypto/signing/load_backend.ts";
import { createLogger } from "../../replica/diagnostics/logger.ts";
import { startReplica } from "../../replica/start_replica.ts";
import { readFlags } from "../../tasks/support/flags.ts";
import { printLine } from "../../tasks/support/run_task.ts";
import { FREE, withFreeSignatures } from "./free_signatures.ts";

const flags = readFlags(Deno.args, ["cluster", "key", "data", "transport", "free"], ["insecure-plaintext"]);
const loaded = await loadBackend("auto");
const key = await readKeyFile(flags.key!, loaded.backend);
const roster = await readSignedRoster(flags.cluster!, key.operatorKey, loaded.backend);
const free = FREE.find((each) => each === flags.free)!;
const replica = await startReplica({
  ...{ roster, key, dataDir: flags.data!, firstStart: true, recover: false },
  backend: { ...loaded, backend: withFreeSignatures(loaded.backend, free, roster.roster, "replica") },
  log: createLogger(key.id, "warn"),
  insecurePlaintext: flags["insecure-plaintext"],
});
for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, () => void replica.stop());
printLine(JSON.stringify({ event: "ready", replica: key.id, free }));
await replica.finished;
Deno.exit(0);
