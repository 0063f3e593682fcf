/**
 * A replica whose disk stands still: at SIGUSR2 its next commit blocks the thread, as a slow fsync does. Operands: roster, key, data directory,
 * milliseconds.
 */
import { loadBackend, readKeyFile, readSignedRoster } from "../../../mod.ts";
import { createLogger } from "../../../replica/diagnostics/logger.ts";
import { ReopenableStorage } from "../../../replica/disk/reopenable_storage.ts";
import { createReplica } from "../../../replica/replica.ts";
import { bindAddresses, ownLine } from "../../../replica/replica_config.ts";
import type { Storage } from "../../../replica/storage/port.ts";
import { KvStore } from "../../../state_machine/mod.ts";
import { openReplicaTransport } from "../../../transport/mod.ts";

const [rosterFile = "", keyFile = "", dir = "", blockMs = "0"] = Deno.args;

let isDue = false;

/** Returns `storage` with commits that block once whenever that is due. */
function blocking(storage: Storage): Storage {
  const standing = new Int32Array(new SharedArrayBuffer(4));
  return new Proxy(storage, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        if (name === "commit" && isDue) {
          isDue = false;
          console.log("blocks");
          Atomics.wait(standing, 0, 0, Number(blockMs));
          console.log("goes on");
        }
        return value.apply(target, args);
      };
    },
  });
}

const backend = await loadBackend("auto");
const key = await readKeyFile(keyFile, backend.backend);
const file = await readSignedRoster(rosterFile, key.operatorKey, backend.backend);
const { roster } = file;
const line = ownLine(roster, key);
const log = createLogger(line.id, "info");
const disk = new ReopenableStorage({ dir, clusterId: roster.cluster, replica: line.id }, log);
const transport = await openReplicaTransport({ roster, key, bind: bindAddresses(line, null) });
const replica = createReplica({
  ...{ roster: file, key, backend, storage: blocking(disk.storage), transport, machine: new KvStore(), log },
});
Deno.addSignalListener("SIGUSR2", () => isDue = true);
Deno.addSignalListener("SIGTERM", () => replica.stop());
console.log("ready");
await replica.run();
await transport.close();
disk.close();
Deno.exit(0);
