/** Both twins, side by side through random transactions, valid and invalid ones: they answer the same and hold the same. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { sha256Hex } from "../../../crypto/digest.ts";
import type { Head } from "../../../protocol/entry.ts";
import { logIndex, term } from "../../../protocol/ids.ts";
import type { PersistOperation, Recovered } from "../../../replica/core/log/durable_state.ts";
import { openDiskStorage } from "../../../replica/storage/disk/disk_storage.ts";
import { epochOf } from "../../../replica/storage/epoch.ts";
import { openMemoryStorage } from "../../../replica/storage/memory/memory_storage.ts";
import { GuardError, type SigningIntent, type Storage, StorageError } from "../../../replica/storage/port.ts";
import * as fx from "./storage_fixtures.ts";

const KINDS = [
  ...["append", "append", "truncate", "fork", "commit", "prepared", "branch", "chunks", "drop", "drop-stable"],
  ...["checkpoint", "compact", "compact", "restart", "transfer", "hard-state", "vote", "ack", "ack", "sign"],
  ...["begin", "begin", "evidence", "archive"],
] as const;
type Kind = (typeof KINDS)[number];

/** One step: its kind, and two numbers that choose its details. */
interface Draw {
  readonly kind: Kind;
  readonly at: number;
  readonly salt: number;
}

const draws = fc.array(
  fc.record({ kind: fc.constantFrom(...KINDS), at: fc.nat(12), salt: fc.nat(3) }),
  { minLength: 20, maxLength: 60 },
);

const LONG_BYTES = 9000;
const partOf = (salt: number) => fx.chunk(`part ${salt}`, 3000 * (salt + 1));
const snapshotOf = (salt: number) => fx.snapshot(partOf(salt), partOf(salt + 1));

/** Returns a point of the log as it stands, counted from its base; beyond its end one that it does not hold. */
function pointOf({ base, entries }: Recovered, at: number): Head {
  const start = base ?? fx.GENESIS;
  const found = at === 0 ? start : entries[at - 1];
  if (found === undefined) return { index: logIndex(start.index + at), hash: fx.GENESIS.hash };
  return "entry" in found ? fx.headOf(found) : found;
}

type Transaction = readonly [readonly PersistOperation[], readonly SigningIntent[]];

/** Returns one that begins an epoch, the next one as a rule. */
function beginning(held: Recovered, { at, salt }: Draw): Transaction {
  const { stateDigest, chunks } = snapshotOf(salt);
  const point = pointOf(held, at % 2 === 0 ? held.entries.length : at % (held.entries.length + 2));
  const genesis = fx.genesisAfter(point, stateDigest, epochOf(held) + (at === 11 ? 2 : 1));
  const recovery = at === 7 ? { nonce: stateDigest, bar: null } : null;
  const written = salt === 1 ? [] : [fx.chunks(chunks)];
  const others = at === 9 ? [fx.hardState(held.hardState.currentTerm + 1)] : [];
  return [[...written, ...others, fx.beginEpoch(genesis, salt !== 2, recovery)], at === 10 ? [fx.acks(1)] : []];
}

/** Returns a transaction that often, not always, is valid for what is held. */
function transactionOf(held: Recovered, { kind, at, salt }: Draw): Transaction {
  const { currentTerm } = held.hardState;
  // Sometimes of another epoch than the disk's.
  const signing = (intent: SigningIntent) => fx.ofEpoch(epochOf(held) + (at === 12 ? 1 : 0), intent);
  const point = pointOf(held, at % (held.entries.length + 2));
  const end = pointOf(held, held.entries.length);
  // Long enough for the log on disk to go on in new segments.
  const more = fx.grow(end, 1 + salt, currentTerm, `s${salt}`.padEnd(LONG_BYTES));
  const { stateDigest, chunks } = snapshotOf(salt);
  const proof = fx.checkpointProof(currentTerm, point, stateDigest);
  const stable = held.checkpoint?.stable ?? point;
  const state = held.checkpoint?.stable.stateDigest ?? stateDigest;
  const acked = (head: Head): Transaction => [
    [fx.hardState(currentTerm, { ack: head })],
    [signing(fx.acks(currentTerm, head))],
  ];
  const table: Readonly<Record<Kind, () => Transaction>> = {
    append: () => [[fx.append(more)], []],
    truncate: () => [at === 0 ? [fx.truncate(point.index)] : [fx.append(more), fx.truncate(end.index + 1)], []],
    fork: () => {
      const other = fx.append(fx.grow(end, 2, currentTerm, `f${salt}`));
      return [[fx.append(more), fx.truncate(end.index), other], []];
    },
    commit: () => [[fx.commit(currentTerm, point)], []],
    prepared: () => [[fx.prepared(currentTerm, point)], []],
    branch: () => {
      const branch = fx.grow(point, 1 + salt, currentTerm, `b${salt}`);
      return [[fx.prepared(currentTerm, fx.endOf(branch), branch)], []];
    },
    chunks: () => [[fx.chunks(chunks.slice(0, 1 + at % 4))], []],
    drop: () => [[fx.dropChunks(chunks.slice(at % 4).map(({ digest }) => digest))], []],
    "drop-stable": () => [held.checkpoint ? [fx.dropChunks([held.checkpoint.stable.stateDigest])] : [], []],
    checkpoint: () => {
      const committing = salt === 0 ? [] : [fx.commit(currentTerm, point)];
      return [[...committing, fx.chunks(chunks), fx.checkpoint(proof)], []];
    },
    compact: () => [[fx.compact(salt === 0 ? point : { index: stable.index, hash: stable.hash })], []],
    restart: () => {
      const base = { index: logIndex(end.index + salt), hash: point.hash };
      const { commit, ...rest } = fx.checkpointProof(currentTerm, base, stateDigest);
      const certified: PersistOperation = { op: "prepared", certificate: commit, branch: [] };
      return [
        [
          ...[fx.chunks(chunks), fx.restart(base), fx.commit(currentTerm, base), certified],
          fx.checkpoint({ commit, ...rest }),
        ],
        [],
      ];
    },
    transfer: () => [[fx.transfer(salt === 0 ? null : proof)], []],
    "hard-state": () => [[fx.hardState(currentTerm + 1, { preVoted: term(currentTerm + salt) })], []],
    vote: () => [[], [signing(fx.voting(fx.vote(currentTerm, `r${1 + (salt >> 1)}`)))]],
    ack: () => acked(salt === 0 ? point : end),
    sign: () => [[], [signing(fx.checkpointing(salt === 0 ? point : stable, state))]],
    begin: () => beginning(held, { kind, at, salt }),
    evidence: () => [[{ op: "evidence", evidence: fx.evidence(`r${at}`) }], []],
    archive: () => [[], []],
  };
  return table[kind]();
}

/** Returns the error of a storage, null if it takes the transaction. */
function answerOf(storage: Storage, [operations, intents]: Transaction): string | null {
  try {
    storage.commit(operations, intents);
    return null;
  } catch (error) {
    if (error instanceof StorageError || error instanceof GuardError) return `${error.name}: ${error.message}`;
    throw error;
  }
}

/** Returns the error of the archive, null if it takes what is put there. */
function archived({ epochs }: Storage, { at, salt }: Draw): string | null {
  try {
    epochs.put(at, new Uint8Array(100 * salt), salt < 2 ? null : Uint8Array.of(at));
    return null;
  } catch (error) {
    if (error instanceof StorageError) return error.message;
    throw error;
  }
}

/** Returns everything a storage holds, chunks and archive included. */
const contentOf = (storage: Storage) => ({
  ...storage.load(),
  epochs: storage.epochs.list().map((epoch) => [epoch, storage.epochs.read(epoch)]),
  chunks: [...storage.chunks.digests()].toSorted(),
});

/** Opens again, if what the twins hold allows that; what one refuses the other must refuse too. */
function reopened(open: () => Storage): Storage | string {
  try {
    return open();
  } catch (error) {
    if (error instanceof StorageError) return error.message;
    throw error;
  }
}

/** Enters term 1, as the first thing in an epoch. */
const enterTerm = (storage: Storage): void =>
  storage.commit([{ op: "hard-state", state: { ...storage.load().hardState, currentTerm: term(1) } }], []);

function runTwins(dir: string, steps: readonly Draw[]): { readonly taken: number; readonly begun: number } {
  const options = { clusterId: fx.CLUSTER, hash: sha256Hex };
  const diskOptions = { dir, clusterId: fx.CLUSTER, replica: fx.REPLICA };
  const memory = openMemoryStorage(options);
  const { disk } = memory;
  let [first, second]: [Storage, Storage] = [memory, openDiskStorage(diskOptions)];
  let [taken, begun] = [0, 0];
  try {
    for (const storage of [first, second]) enterTerm(storage);
    for (const [at, step] of steps.entries()) {
      const transaction = transactionOf(first.load(), step);
      const [answer, other] = [answerOf(first, transaction), answerOf(second, transaction)];
      assertEquals(answer, other);
      if (answer === null) taken++;
      if (answer === null && step.kind === "begin") {
        begun++;
        for (const storage of [first, second]) enterTerm(storage);
      }
      if (step.kind === "archive") assertEquals(archived(first, step), archived(second, step));
      assertEquals(contentOf(first), contentOf(second));
      if (at % 8 !== 7) continue;
      for (const storage of [first, second]) storage.close();
      const [again, twin] = [
        reopened(() => openMemoryStorage({ ...options, disk })),
        reopened(() => openDiskStorage(diskOptions)),
      ];
      // Nothing here keeps the core's rules that let a restart make sense of the disk; but both must answer the same.
      if (typeof again === "string" || typeof twin === "string") {
        assertEquals(again, twin);
        return { taken, begun };
      }
      [first, second] = [again, twin];
    }
    return { taken, begun };
  } finally {
    for (const storage of [first, second]) storage.close();
  }
}

/** Returns the number of the last segment of the log in `dir`. */
const segmentsOf = (dir: string): number =>
  Math.max(...[...Deno.readDirSync(dir)].map(({ name }) => Number(/^replica\.log-(\d+)$/.exec(name)?.[1] ?? 0)));

Deno.test("the twins answer alike and hold the same, whatever they are asked for", () => {
  let [taken, begun, asked, segments] = [0, 0, 0, 0];
  fc.assert(
    fc.property(draws, (steps) => {
      const dir = Deno.makeTempDirSync({ prefix: "storage-twins-" });
      try {
        asked += steps.length;
        const run = runTwins(dir, steps);
        taken += run.taken;
        begun += run.begun;
        segments = Math.max(segments, segmentsOf(dir));
      } finally {
        Deno.removeSync(dir, { recursive: true });
      }
    }),
    { seed: 20_260, numRuns: 40, endOnFailure: false },
  );
  console.log(segments, begun, taken, asked);
  assert(segments >= 3, `at most ${segments} segments`);
  assert(begun >= 15, `${begun} epochs were begun`);
  assert(taken > asked / 6 && taken < asked, `${taken} of ${asked} transactions were taken`);
});
