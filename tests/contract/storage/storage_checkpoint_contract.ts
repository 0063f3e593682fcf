/** Checkpoints, chunks and a log with a base, as every storage must hold them (§8.2, §8.3): round trips, refusals, atomicity. */
import { assertEquals, assertThrows } from "@std/assert";
import { logIndex, term } from "../../../protocol/ids.ts";
import type { PersistOperation, Recovered } from "../../../replica/core/log/durable_state.ts";
import { type Storage, StorageError } from "../../../replica/storage/port.ts";
import type { Open } from "./storage_contract.ts";
import * as fx from "./storage_fixtures.ts";

const LOG = fx.grow(fx.GENESIS, 8, 3);
const at = (index: number) => index === 0 ? fx.GENESIS : fx.endOf(LOG.slice(0, index));
const SMALL = fx.snapshot(fx.chunk("sessions"), fx.chunk("pages", 40_000));
const LATER = fx.snapshot(fx.chunk("sessions"), fx.chunk("other pages", 40_000), fx.chunk("x", 640 * 1024));
const SMALL_PROOF = fx.checkpointProof(3, at(4), SMALL.stateDigest);
const LATER_PROOF = fx.checkpointProof(3, at(6), LATER.stateDigest);

/** Eight entries, six of them committed, with a stable checkpoint at four. */
const START: readonly PersistOperation[] = [
  fx.hardState(3),
  fx.append(LOG),
  fx.prepared(3, at(8)),
  fx.commit(3, at(6)),
  fx.chunks(SMALL.chunks),
  fx.checkpoint(SMALL_PROOF),
];
/** The same with the first three entries gone. */
const COMPACTED = [...START, fx.compact(at(3))];
/** Another chain, far ahead. */
const AHEAD = fx.grow({ index: logIndex(20), hash: at(1).hash }, 3, 4);
const FAR = { index: logIndex(20), hash: at(1).hash };
const FAR_PROOF = fx.checkpointProof(4, FAR, LATER.stateDigest);
const RESTART: readonly PersistOperation[] = [
  fx.chunks(LATER.chunks),
  fx.restart(FAR),
  fx.prepared(4, FAR),
  fx.commit(4, FAR),
  fx.checkpoint(FAR_PROOF),
  fx.transfer(null),
];

/** Returns everything a storage holds. */
const contentOf = (storage: Storage): Recovered & { readonly chunks: readonly string[] } => ({
  ...storage.load(),
  chunks: [...storage.chunks.digests()].toSorted(),
});

const sorted = (...lists: (readonly { readonly digest: string }[])[]): string[] =>
  [...new Set(lists.flat().map(({ digest }) => digest))].toSorted();

/** Registers the suite's tests for one twin. */
export function checkpointContract(name: string, open: Open): void {
  logTests(name, open);
  refusals(name, open);
  Deno.test(`${name}: a disk marked as outdated is refused from then on, with the reason and the safe way on`, () => {
    using subject = open();
    subject.storage.commit(COMPACTED, []);
    subject.storage.markOutdated("others show acks of term 9");
    subject.storage.commit([fx.hardState(4)], []);
    for (let i = 0; i < 2; i++) {
      const error = assertThrows(() => subject.reopen(), StorageError, "others show acks of term 9");
      assertEquals([error.damaged, error.refused], [true, false]);
      assertEquals(error.message.includes("replica --recover"), true);
    }
  });
}

function logTests(name: string, open: Open): void {
  Deno.test(`${name}: a compacted log begins behind its base, and grows and shrinks above it (§8.2)`, () => {
    using subject = open();
    subject.storage.commit(START, []);
    subject.storage.commit([fx.compact(at(3))], []);
    using reopened = subject.reopen();
    const { storage } = reopened;
    const held = storage.load();
    assertEquals([held.base, held.entries, held.checkpoint], [at(3), LOG.slice(3), SMALL_PROOF]);
    assertEquals([held.commitIndex as number, held.prepared], [6, fx.prepareCertificate(3, at(8))]);
    const rest = [...LOG.slice(4), ...fx.grow(at(8), 1, 3, "other")];
    storage.commit([fx.append(fx.grow(at(8), 2, 3)), fx.truncate(8), fx.append(rest.slice(-1))], []);
    storage.commit([fx.compact(at(4)), fx.compact(at(4)), fx.transfer(LATER_PROOF)], []);
    using last = reopened.reopen();
    const { base, entries, transfer } = last.storage.load();
    assertEquals([base, entries, transfer], [at(4), rest, LATER_PROOF]);
  });
  Deno.test(`${name}: a newer checkpoint takes the place of the older one, and the whole log may go under it`, () => {
    using subject = open();
    subject.storage.commit(COMPACTED, []);
    const dropped = SMALL.chunks.map(({ digest }) => digest).filter((digest) => digest !== LATER.chunks[0]!.digest);
    const rest = [fx.commit(3, at(8)), fx.chunks(LATER.chunks)];
    const proof = fx.checkpointProof(3, at(8), LATER.stateDigest);
    subject.storage.commit([...rest, fx.checkpoint(proof), fx.compact(at(8)), fx.dropChunks(dropped)], []);
    using reopened = subject.reopen();
    const { base, entries, checkpoint, chunks } = contentOf(reopened.storage);
    assertEquals([base, entries, checkpoint, chunks], [at(8), [], proof, sorted(LATER.chunks)]);
    reopened.storage.commit([fx.append(fx.grow(at(8), 2, 3))], []);
    using last = reopened.reopen();
    assertEquals(last.storage.load().entries, fx.grow(at(8), 2, 3));
  });
  Deno.test(`${name}: a log restarted at a fetched snapshot has nothing of the old one (§8.3)`, () => {
    using subject = open();
    subject.storage.commit([...COMPACTED, fx.transfer(FAR_PROOF)], []);
    subject.storage.commit([fx.hardState(4), ...RESTART], []);
    subject.storage.commit([fx.append(AHEAD)], []);
    using reopened = subject.reopen();
    const { base, entries, commitIndex, checkpoint, transfer } = reopened.storage.load();
    assertEquals([base, entries, commitIndex as number], [FAR, AHEAD, 20]);
    assertEquals([checkpoint, transfer], [FAR_PROOF, null]);
  });
  branchTests(name, open);
}

/** §6.8: the part of a branch above the base is kept if it can be. */
function branchTests(name: string, open: Open): void {
  const other = fx.grow(at(5), 4, 4, "branch");
  const start = [...START, fx.hardState(5), fx.prepared(4, fx.endOf(other), other), fx.truncate(6)];
  const moved = [fx.commit(5, at(6)), fx.chunks(LATER.chunks), fx.checkpoint(LATER_PROOF), fx.compact(at(6))];
  Deno.test(`${name}: a branch that leaves the log at or above the base is kept as it is`, () => {
    using subject = open();
    subject.storage.commit([...start, fx.compact(at(4))], []);
    using reopened = subject.reopen();
    assertEquals(reopened.storage.load().branch, other);
  });
  Deno.test(`${name}: a branch that leaves the log below the base, which is committed, goes with what is dropped`, () => {
    using subject = open();
    subject.storage.commit(start, []);
    subject.storage.commit(moved, []);
    using reopened = subject.reopen();
    assertEquals(reopened.storage.load().branch, []);
  });
  Deno.test(`${name}: of a branch through a new base what lies above it is kept (§8.3)`, () => {
    using subject = open();
    const through = fx.grow(at(8), 14, 4, "branch");
    const base = fx.headOf(through[11]!);
    const proof = fx.checkpointProof(4, base, LATER.stateDigest);
    subject.storage.commit([...START, fx.hardState(4), fx.prepared(4, fx.endOf(through), through)], []);
    subject.storage.commit(
      [fx.chunks(LATER.chunks), fx.restart(base), fx.commit(4, base), fx.checkpoint(proof)],
      [],
    );
    using reopened = subject.reopen();
    const { branch, prepared } = reopened.storage.load();
    assertEquals([branch, prepared], [through.slice(12), fx.prepareCertificate(4, fx.endOf(through))]);
  });
}

type Refusal = readonly [what: string, operations: readonly PersistOperation[], message: string];

const wrongHash = { ...at(4), hash: at(2).hash };
const withoutChunk = fx.snapshot(fx.chunk("never written"));

const REFUSALS: readonly Refusal[] = [
  ["a compaction above the stable checkpoint", [fx.compact(at(5))], "stable and committed is 4"],
  ["a compaction below the base", [fx.compact(at(2))], "up to 2: the log begins behind 3"],
  ["a compaction at another hash", [fx.compact(wrongHash)], `the log holds ${at(4).hash}`],
  ["a base moved to another hash", [fx.compact({ ...at(3), hash: at(1).hash })], `the log holds ${at(3).hash}`],
  [
    "a checkpoint above the commit index",
    [fx.chunks(LATER.chunks), fx.checkpoint(fx.checkpointProof(3, at(7), LATER.stateDigest))],
    "checkpoint at 7 above commit index 6",
  ],
  [
    "a lower checkpoint",
    [fx.checkpoint(fx.checkpointProof(3, at(3), SMALL.stateDigest))],
    "checkpoint at 3 after one at 4",
  ],
  [
    "a checkpoint off the log",
    [fx.checkpoint(fx.checkpointProof(3, { ...at(5), hash: at(1).hash }, SMALL.stateDigest))],
    `the log holds ${at(5).hash}`,
  ],
  [
    "a checkpoint without its snapshot's head",
    [fx.checkpoint(fx.checkpointProof(3, at(5), LATER.stateDigest))],
    "snapshot is not whole",
  ],
  [
    "a checkpoint without one of its chunks",
    [fx.chunks(withoutChunk.chunks.slice(1)), fx.checkpoint(fx.checkpointProof(3, at(5), withoutChunk.stateDigest))],
    `Chunk ${withoutChunk.chunks[0]!.digest} of the snapshot`,
  ],
  [
    "a checkpoint whose commit is of another point",
    [fx.checkpoint({ ...SMALL_PROOF, commit: fx.commitCertificate(3, at(5)) })],
    "with a commit of (5,",
  ],
  [
    "a transfer whose commit is of another point",
    [fx.transfer({ ...LATER_PROOF, commit: fx.commitCertificate(3, at(5)) })],
    "with a commit of (5,",
  ],
  ["the loss of a chunk of the stable snapshot", [fx.dropChunks([SMALL.chunks[1]!.digest])], "of the stable snapshot"],
  [
    "bytes under another digest",
    [fx.chunks([{ ...fx.chunk("a"), digest: fx.chunk("b").digest }])],
    "which they are not",
  ],
  ["a log restarted at or below the commit index", [fx.restart({ ...FAR, index: logIndex(6) })], "committed is 6"],
  ["a log restarted at a point it holds", [fx.restart(at(7))], "which it holds"],
  ["a log restarted without a commit", [fx.restart(FAR)], "checkpoint"],
  [
    "a log restarted without a checkpoint",
    [fx.restart(FAR), fx.commit(4, FAR)],
    "begins behind 20 above its checkpoint at 4",
  ],
  ["a truncation of a restarted log", [fx.restart(FAR), fx.truncate(19)], "below the log's base 20"],
  [
    "an entry that does not follow the new base",
    [fx.restart(FAR), fx.append(LOG.slice(6, 7))],
    "entry 7 behind entry 20",
  ],
  [
    "a lower PreVote",
    [fx.hardState(3, { preVoted: term(4) }), fx.hardState(3, { preVoted: term(3) })],
    "PreVote of term 3",
  ],
  ["a recovery", [fx.hardState(3, { recovery: { nonce: at(1).hash, bar: null } })], "of a disk that was not lost"],
];

/** Each is refused as a whole, with everything before it in the transaction. */
function refusals(name: string, open: Open): void {
  for (const [what, operations, message] of REFUSALS) {
    Deno.test(`${name}: refuses ${what} and changes nothing`, () => {
      using subject = open();
      subject.storage.commit(COMPACTED, []);
      const before = contentOf(subject.storage);
      const aside: PersistOperation[] = [
        fx.chunks([fx.chunk("beside")]),
        fx.transfer(LATER_PROOF),
        { op: "evidence", evidence: fx.evidence("r2") },
      ];
      assertThrows(() => subject.storage.commit([...aside, ...operations], []), StorageError, message);
      assertEquals(contentOf(subject.storage), before);
      using reopened = subject.reopen();
      assertEquals(contentOf(reopened.storage), before);
    });
  }
  Deno.test(`${name}: a refusal takes back all that a transaction did to log, base, branch and chunks`, () => {
    using subject = open();
    subject.storage.commit([...START, fx.chunks([fx.chunk("old")])], []);
    const before = contentOf(subject.storage);
    const much = [fx.compact(at(4)), fx.dropChunks([fx.chunk("old").digest]), fx.truncate(7), ...RESTART];
    assertThrows(
      () => subject.storage.commit([fx.hardState(4), ...much, fx.append(AHEAD), fx.hardState(1)], []),
      StorageError,
      "currentTerm 1 after 4",
    );
    assertEquals(contentOf(subject.storage), before);
    subject.storage.commit([fx.hardState(4), ...much], []);
    using reopened = subject.reopen();
    assertEquals(contentOf(reopened.storage).chunks, sorted(SMALL.chunks, LATER.chunks));
  });
}
