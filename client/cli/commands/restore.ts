import { openRegularFile } from "../../../crypto/files.ts";
import { readSignedRoster, type RosterFile } from "../../../crypto/roster/parse_roster.ts";
import { loadBackend } from "../../../crypto/signing/load_backend.ts";
import { KvStore } from "../../../state_machine/mod.ts";
import { restoreInto } from "../../backup/restore_into.ts";
import { type VerifiedBackup, verifyBackup } from "../../backup/verify_backup.ts";
import type { Json } from "../../calls/json_payload.ts";
import { InvalidBackupError, UsageError } from "../../errors.ts";
import { EXIT } from "../common/exit_codes.ts";
import { pinnedOperator } from "../common/pinned_operator.ts";
import type { Command, CommandCall, CommandResult, OfflineCall } from "./command.ts";
import { quoted } from "./kv/value.ts";
import { paced, sizeOf } from "./progress_line.ts";

const NOT_PROVEN = "proven by nobody, as nothing is signed in the crash profile";
const CHECK = "check";
const INTO_EXISTING = "into-existing";
const BACKUP_CLUSTER = "backup-cluster";

export const restore: Command = {
  name: "restore",
  showsProgress: true,
  usage: "restore [--check] FILE",
  summary: "check a backup, and write its keys into this cluster",
  notes: [
    "All of FILE is checked first: signatures of a quorum, every digest, and the state they lead to. Exit code 1 where it is not proven.",
    "The keys are written as ordered writes of this client; revisions start anew. Keys that go with a lease go with one of this client's then.",
  ],
  operands: [1, 1],
  options: {
    [CHECK]: { value: null, summary: "only check it: needs --cluster and nothing else, no key and no network" },
    [BACKUP_CLUSTER]: {
      value: "FILE",
      summary:
        "roster of the cluster the backup was made of, where that is another one: of its epoch or an earlier one",
    },
    [INTO_EXISTING]: {
      value: null,
      summary: "overwrite the backup's keys where this cluster has them, and leave others",
    },
  },
  offline: (options) => CHECK in options ? checkOnly : null,
  run: checkAndWrite,
};

/** A verified backup, and the store that holds its state. */
interface Checked {
  readonly facts: VerifiedBackup;
  readonly store: KvStore;
}

async function checkOnly(call: OfflineCall): Promise<CommandResult> {
  if (INTO_EXISTING in call.options) {
    throw new UsageError(`restore was given --${CHECK} and --${INTO_EXISTING}; wanted one of them`);
  }
  const [file = ""] = call.operands;
  const { facts, store } = await checked(call, file, await backupRoster(call));
  return {
    exitCode: EXIT.done,
    json: factsJson(file, facts, store),
    output: `${proven(file, facts, store)}\nstate digest ${facts.stateDigest}`,
  };
}

async function checkAndWrite(call: CommandCall): Promise<CommandResult> {
  const { client, options, progress } = call;
  const [file = ""] = call.operands;
  const roster = BACKUP_CLUSTER in options ? await backupRoster(call) : client.files.origin;
  const { facts, store } = await checked(call, file, roster);
  const tell = paced(progress);
  const restored = await restoreInto(client, store, {
    intoExisting: INTO_EXISTING in options,
    onProgress: (done, total) => tell(() => `${done} of ${total} keys written`),
  }).finally(() => progress(""));
  const { cluster } = client.roster;
  return {
    exitCode: EXIT.done,
    json: { ...factsJson(file, facts, store), restored: { cluster, ...restored } },
    output:
      `${proven(file, facts, store)}\nrestored ${restored.keys} keys into ${cluster}: their revisions start anew, ` +
      `the store is at revision ${restored.revision}${leasesText(restored.leases)}`,
  };
}

const leasesText = (leases: number): string =>
  leases === 0 ? "" : `; keys that go with a lease are in ${leases} new ones of this client's, which nobody renews`;

async function checked({ globals, progress }: OfflineCall, path: string, roster: RosterFile): Promise<Checked> {
  const { backend } = await loadBackend(globals.crypto);
  const store = new KvStore();
  const tell = paced(progress);
  using file = openRegularFile(path, "a backup");
  const { size } = file.statSync();
  try {
    const onProgress = (bytes: number) => tell(() => `checking ${sizeOf(bytes)} of ${sizeOf(size)}`);
    return { facts: verifyBackup(file, { roster, backend, machine: store, onProgress }), store };
  } catch (error) {
    throw error instanceof InvalidBackupError ? error.of(quoted(path)) : error;
  } finally {
    progress("");
  }
}

/** Returns the roster that the backup is verified with. A key given beside it pins its operator, unless it is another cluster's. */
async function backupRoster({ globals, options }: OfflineCall): Promise<RosterFile> {
  const { backend } = await loadBackend(globals.crypto);
  const path = options[BACKUP_CLUSTER] ?? globals.cluster;
  if (path === null) throw new UsageError("--cluster was not given; wanted the path of a cluster.json");
  const pins = options[BACKUP_CLUSTER] === undefined;
  const operatorKey = pins ? await pinnedOperator(globals, backend) : null;
  return await readSignedRoster(path, operatorKey, backend);
}

function factsJson(file: string, facts: VerifiedBackup, store: KvStore): { readonly [name: string]: Json } {
  const { cluster, epoch, index, hash, stateDigest, checkpoint, signers, chunks, entries, bytes } = facts;
  return {
    ...{
      file,
      cluster,
      epoch,
      index,
      revision: store.revision,
      keys: store.size,
      bytes,
      chunks,
      entries,
      hash,
      stateDigest,
    },
    ...{ checkpoint: checkpoint && { ...checkpoint }, signers },
  };
}

function proven(file: string, { cluster, epoch, index, signers, bytes }: VerifiedBackup, store: KvStore): string {
  const by = signers.length > 0 ? `proven by ${signers.join(" ")}` : `whole, and ${NOT_PROVEN}`;
  const whose = epoch === 1 ? cluster : `${cluster}, epoch ${epoch}`;
  return `backup ${quoted(file)}: ${by} of ${whose}: index ${index}, store revision ${store.revision}, ` +
    `${store.size} keys, ${sizeOf(bytes)}`;
}
