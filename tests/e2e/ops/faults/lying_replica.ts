/** A replica that executes as it should and tells clients something else. Operands: roster, key, data directory; then `--http PORT --dial-offset N`. */
import { loadBackend, readKeyFile, readSignedRoster, startReplica } from "../../../../mod.ts";
import type { ApplyContext } from "../../../../protocol/ports.ts";
import { withProbes } from "../../../../replica/with_probes.ts";
import { encodeKvResult, KvStore } from "../../../../state_machine/mod.ts";

class LyingStore extends KvStore {
  override apply(command: Uint8Array, context: ApplyContext): Uint8Array {
    super.apply(command, context);
    return encodeKvResult({ status: "malformed" });
  }
}

const [rosterFile = "", keyFile = "", dataDir = "", , port, , offset] = Deno.args;
const backend = await loadBackend("auto");
const key = await readKeyFile(keyFile, backend.backend);
const roster = await readSignedRoster(rosterFile, key.operatorKey, backend.backend);
const replica = await withProbes({ hostname: "127.0.0.1", port: Number(port) }, (meters) =>
  startReplica({
    ...{ roster, key, dataDir, backend, machine: new LyingStore(), meters, dialOffset: Number(offset) },
  }));
console.log("ready");
await replica.finished;
Deno.exit(0);
