/**
 * A process that commits until it is killed or its disk refuses: `storage_child.ts DIR`. Each commit appends two entries and moves the
 * ack and the highest certificate to the last of them; every eighth is followed by a snapshot, a checkpoint of it, and a compaction of all
 * but the last ten entries. Prints `index hash` after each commit, and `error TEXT` when one is refused.
 */
import type { ChainedEntry } from "../../../../protocol/entry.ts";
import { term } from "../../../../protocol/ids.ts";
import { openDiskStorage } from "../../../../replica/storage/disk/disk_storage.ts";
import { type Storage, StorageError } from "../../../../replica/storage/port.ts";
import * as fx from "../storage_fixtures.ts";

const TERM = 1;

function commitForEver(storage: Storage): void {
  let log = storage.load().entries;
  let head = log.length === 0 ? fx.GENESIS : fx.endOf(log);
  for (;;) {
    const entries = fx.grow(head, 2, TERM);
    head = fx.endOf(entries);
    storage.commit(
      [fx.append(entries), fx.hardState(TERM, { currentTerm: term(TERM), ack: head }), fx.prepared(TERM, head)],
      [fx.acks(TERM, head)],
    );
    print(`${head.index} ${head.hash}`);
    log = [...log, ...entries];
    if (head.index % 16 === 0) log = compact(storage, log);
  }
}

function compact(storage: Storage, log: readonly ChainedEntry[]): readonly ChainedEntry[] {
  const head = fx.endOf(log);
  const { stateDigest, chunks } = fx.snapshot(fx.chunk("sessions"), fx.chunk(`state at ${head.index} `, 30_000));
  const before = [...storage.chunks.digests()];
  // The first commits do not wait for the disk; the checkpoint makes them durable.
  for (const chunk of chunks) storage.commit([fx.chunks([chunk])], []);
  const proof = fx.checkpointProof(TERM, head, stateDigest);
  const kept = log.slice(-10);
  const base = fx.endOf(log.slice(0, -10));
  storage.commit([fx.commit(TERM, head), fx.checkpoint(proof), fx.compact(base)], [
    fx.checkpointing(head, stateDigest),
  ]);
  const now = new Set(chunks.map(({ digest }) => digest));
  storage.commit([fx.dropChunks(before.filter((digest) => !now.has(digest)))], []);
  return kept;
}

/** Prints synchronously, so that what was reported can be read after the process was killed. */
function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) {
  try {
    commitForEver(openDiskStorage({ dir: Deno.args[0] ?? "", clusterId: fx.CLUSTER, replica: fx.REPLICA }));
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    print(`error ${error.message}`);
  }
}
