/** A replica process of an application of one's own, as a program that uses the library starts it. Operands: roster, key, data directory, skew. */
import { loadBackend, readKeyFile, readSignedRoster, startReplica } from "../../../mod.ts";
import { SumMachine } from "../../support/sum_machine.ts";

const [rosterFile = "", keyFile = "", dataDir = "", skew = "0"] = Deno.args;
const backend = await loadBackend("auto");
const key = await readKeyFile(keyFile, backend.backend);
const roster = await readSignedRoster(rosterFile, key.operatorKey, backend.backend);
const machine = new SumMachine(Number(skew));
/** An application has to know by itself; this one has nobody who takes its directories away. */
const holdsData = await Deno.stat(dataDir).then(() => true, () => false);
const replica = await startReplica({ roster, key, dataDir, backend, machine, firstStart: !holdsData });
Deno.addSignalListener("SIGTERM", () => void replica.stop());
console.log("ready");
await replica.finished;
Deno.exit(0);
