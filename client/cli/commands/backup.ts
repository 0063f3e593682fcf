import { loadBackend } from "../../../crypto/signing/load_backend.ts";
import { KvStore } from "../../../state_machine/mod.ts";
import type { SourceReport } from "../../backup/source_ledger.ts";
import { takeBackup, type TakenBackup } from "../../backup/take_backup.ts";
import { type Json, printable } from "../../calls/json_payload.ts";
import { EXIT } from "../common/exit_codes.ts";
import type { Command, CommandCall, CommandResult } from "./command.ts";
import { quoted } from "./kv/value.ts";
import { backupLine, paced, sizeOf } from "./progress_line.ts";

const AS_IS = "as-is";

export const backup: Command = {
  name: "backup",
  showsProgress: true,
  usage: "backup FILE",
  summary: "write the cluster's state to the new FILE, with all that proves it",
  notes: [
    "It holds every write acknowledged before it began. Nothing is overwritten; FILE appears once it is whole and checked.",
    "--timeout-ms is how long nothing new may come. Anyone with the roster checks it with restore --check FILE.",
  ],
  operands: [1, 1],
  options: {
    [AS_IS]: {
      value: null,
      summary: "what the replicas that answer can prove, for a cluster without a quorum; may lack the latest writes",
    },
  },
  async run(call) {
    const [file = ""] = call.operands;
    const machine = new KvStore();
    return show(file, machine, await take(call, file, machine).finally(() => call.progress("")));
  },
};

async function take(call: CommandCall, path: string, machine: KvStore): Promise<TakenBackup> {
  const { globals, options, client, progress } = call;
  const { backend } = await loadBackend(globals.crypto);
  const tell = paced(progress);
  return await takeBackup(client, {
    ...{ path, backend, machine, patienceMs: globals.timeoutMs },
    ...(AS_IS in options ? { mark: null } : {}),
    onProgress: (at) => tell(() => backupLine(at)),
  });
}

function show(file: string, machine: KvStore, taken: TakenBackup): CommandResult {
  const { index, bytes, checkpoint, entries, stateDigest, mark, cluster, epoch } = taken;
  const [revision, keys] = [machine.revision, machine.size];
  const sources = Object.entries(taken.sources);
  const behind = checkpoint === null
    ? `all ${entries} entries`
    : `checkpoint ${checkpoint.index} and ${entries} entries`;
  const from = sources.filter(([, source]) => source.bytes > 0).map(([id]) => id).join(" ");
  const liars = sources.flatMap(([, { lied, fault }]) => lied && fault !== null ? [printable(fault, 200)] : []);
  return {
    exitCode: EXIT.done,
    json: {
      ...{ file, cluster, epoch, index, revision, keys, bytes, entries, stateDigest, mark },
      checkpoint: checkpoint && { ...checkpoint },
      sources: Object.fromEntries(sources.map(([id, source]) => [id, sourceJson(source)])),
    },
    output: `backup ${quoted(file)}: index ${index}, store revision ${revision}, ${keys} keys, ${sizeOf(bytes)} ` +
      `(${behind}, from ${from || "nobody"})`,
    ...(liars.length === 0 ? {} : { message: `no honest replica does this: ${liars.join("; ")}` }),
  };
}

const sourceJson = ({ bytes, failures, fault, lied }: SourceReport): Json => ({ bytes, failures, fault, lied });
