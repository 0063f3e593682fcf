/**
 * A process that commits until it is killed or its disk refuses: `storage_child.ts DIR`. Each commit appends two entries and moves the
 * ack and the highest certificate to the last of them; every eighth is followed by a snapshot, a checkpoint of it, and a compaction of all
 * but the last ten entries, every twentieth by the beginning of an epoch on that snapshot. Prints `index hash` after each commit, and `error TEXT` when one is refused.
 */
import type { ChainedEntry, Head } from "../../../../protocol/entry.ts";
import { term } from "../../../../protocol/ids.ts";
import { openDiskStorage } from "../../../../replica/storage/disk/disk_storage.ts";
import { epochOf } from "../../../../replica/storage/epoch.ts";
import { type Storage, StorageError } from "../../../../replica/storage/port.ts";
import * as fx from "../storage_fixtures.ts";

const TERM = 1;

function commitForEver(storage: Storage): void {
  const { entries, base, genesis } = storage.load();
  let [log, epoch] = [entries, epochOf({ genesis })];
  let head = log.length === 0 ? base ?? fx.GENESIS : fx.endOf(log);
  for (;;) {
    const entries = fx.grow(head, 2, TERM);
    head = fx.endOf(entries);
    storage.commit(
      [fx.append(entries), fx.hardState(TERM, { currentTerm: term(TERM), ack: head }), fx.prepared(TERM, head)],
      [fx.ofEpoch(epoch, fx.acks(TERM, head))],
    );
    print(`${head.index} ${head.hash}`);
    log = [...log, ...entries];
    if (head.index % 16 === 0) log = compact(storage, log, epoch);
    if (head.index % 80 === 0) {
      head = begin(storage, head, ++epoch);
      log = [];
    }
  }
}

/** Begins an epoch on the snapshot at `end`; returns its genesis. */
function begin(storage: Storage, end: Head, epoch: number): Head {
  const genesis = fx.genesisAfter(end, storage.load().checkpoint!.stable.stateDigest, epoch);
  storage.epochs.put(epoch, new TextEncoder().encode(`roster ${epoch}`), null);
  storage.commit([fx.beginEpoch(genesis, true)], []);
  return { index: genesis.index, hash: genesis.hash };
}

function compact(storage: Storage, log: readonly ChainedEntry[], epoch: number): readonly ChainedEntry[] {
  const head = fx.endOf(log);
  const { stateDigest, chunks } = fx.snapshot(fx.chunk("sessions"), fx.chunk(`state at ${head.index} `, 30_000));
  const before = [...storage.chunks.digests()];
  // The first commits do not wait for the disk; the checkpoint makes them durable.
  for (const chunk of chunks) storage.commit([fx.chunks([chunk])], []);
  const proof = fx.checkpointProof(TERM, head, stateDigest);
  const kept = log.slice(-10);
  const base = fx.endOf(log.slice(0, -10));
  storage.commit([fx.commit(TERM, head), fx.checkpoint(proof), fx.compact(base)], [
    fx.ofEpoch(epoch, fx.checkpointing(head, stateDigest)),
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
