/** `deno task evidence`: writes the evidence that a stopped replica holds to a file, for anyone with the roster to check. */
import { evidenceFileText, MAX_PIECES } from "../client/evidence/evidence_file.ts";
import { ConfigError } from "../crypto/config_error.ts";
import { writeNewFile } from "../crypto/files.ts";
import { StorageError } from "../replica/storage/port.ts";
import { readStoredEvidence, type StoredEvidence } from "../replica/storage/sqlite/stored_evidence.ts";
import { readFlags, wholeNumber } from "./support/flags.ts";
import { EXIT_DONE, runTask, type Task } from "./support/run_task.ts";

const MODE = 0o644;

const USAGE = `Writes the evidence that a replica holds to a file that anyone with the roster can check.

Usage: evidence --data DIR --out FILE [--epoch N]

  --data DIR                 data directory of a replica that is stopped; its database is not changed
  --out FILE                 the new file; nothing is overwritten
  --epoch N                  only what it holds of that epoch
  --help                     this text

Check it with: client --cluster cluster.json verify FILE, with rosters of all epochs that it is of. Where there is no evidence, no file is written. A piece against a leader may hold requests
of clients, with what they wrote.
Exit codes: 0 done, 1 failed, 2 wrong usage, no data directory of a replica, or one that is in use.
`;

function stored(dir: string): StoredEvidence {
  try {
    return readStoredEvidence(dir);
  } catch (cause) {
    if (cause instanceof StorageError) throw new ConfigError(`--data: ${cause.message}`, { cause });
    throw cause;
  }
}

export const EVIDENCE: Task = {
  name: "evidence",
  usage: USAGE,
  async run(args, print) {
    const { data, out, epoch } = readFlags(args, ["data", "out", "epoch"], []);
    if (data === undefined) throw new ConfigError("--data: given nothing, wanted a replica's data directory");
    if (out === undefined) throw new ConfigError("--out: given nothing, wanted the name of a new file");
    const wanted = wholeNumber("epoch", epoch);
    const { cluster, replica, evidence: pieces } = stored(data);
    const evidence = pieces.filter((piece) => wanted === undefined || piece.epoch === wanted);
    if (evidence.length === 0) {
      print(`${replica} of ${cluster} holds no evidence; nothing was written`);
      return EXIT_DONE;
    }
    if (evidence.length > MAX_PIECES) {
      throw new ConfigError(
        `--epoch: given ${evidence.length} pieces for one file, wanted ${MAX_PIECES}: name an epoch`,
      );
    }
    await writeNewFile(out, evidenceFileText({ cluster, holder: replica, evidence }), MODE);
    for (const { epoch, evidence: { kind, culprit } } of evidence) {
      print(`${kind} of ${culprit}${epoch === 1 ? "" : ` in epoch ${epoch}`}`);
    }
    print(`${out}: ${evidence.length} of cluster ${cluster}, held by ${replica}`);
    return EXIT_DONE;
  },
};

if (import.meta.main) Deno.exit(await runTask(EVIDENCE));
