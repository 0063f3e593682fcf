/** Chunks of snapshots as every storage must hold them (§8.2, §8.3), and what is signed on them. */
import { assertEquals, assertThrows } from "@std/assert";
import { StorageError } from "../../../replica/storage/port.ts";
import type { Open } from "./storage_contract.ts";
import * as fx from "./storage_fixtures.ts";

const LOG = fx.grow(fx.GENESIS, 8, 3);
const at = (index: number) => fx.endOf(LOG.slice(0, index));
const SNAPSHOT = fx.snapshot(fx.chunk("sessions"), fx.chunk("pages", 40_000), fx.chunk("x", 640 * 1024));

/** Registers the suite's tests for one twin. */
export function chunkContract(name: string, open: Open): void {
  Deno.test(`${name}: chunks of every length are held by their digests until they are dropped`, () => roundTrip(open));
  Deno.test(`${name}: chunks of a closed storage cannot be looked at`, () => {
    using subject = open();
    subject.storage.close();
    const { chunks } = subject.storage;
    const { digest } = fx.chunk("a");
    assertThrows(() => chunks.has(digest), StorageError, "closed");
    assertThrows(() => chunks.read(digest), StorageError, "closed");
    assertThrows(() => chunks.digests(), StorageError, "closed");
    assertThrows(() => subject.storage.markOutdated("x"), StorageError, "closed");
  });
  Deno.test(`${name}: a Checkpoint is signed only where its snapshot is held and its point committed (§8.2)`, () => {
    using subject = open();
    const { storage } = subject;
    const { stateDigest, chunks } = SNAPSHOT;
    const sign = (head: ReturnType<typeof at>) => storage.commit([], [fx.checkpointing(head, stateDigest)]);
    storage.commit([fx.hardState(3), fx.append(LOG), fx.commit(3, at(6))], []);
    assertThrows(() => sign(at(6)), StorageError, `whose snapshot ${stateDigest} is not held`);
    storage.commit([fx.chunks(chunks)], []);
    sign(at(6));
    sign(at(6));
    assertThrows(() => sign(at(7)), StorageError, "above commit index 6");
    assertThrows(() => sign({ ...at(6), hash: at(5).hash }), StorageError, `the log holds ${at(6).hash}`);
    // A checkpoint composed before a newer one took its place may still be signed.
    const stable = fx.checkpoint(fx.checkpointProof(3, at(6), stateDigest));
    storage.commit([stable, fx.compact(at(6))], [fx.checkpointing(at(5), stateDigest)]);
    // Everything promised survives, whatever becomes of chunks written later.
    using reopened = subject.reopen();
    for (const { digest } of chunks) assertEquals(reopened.storage.chunks.has(digest), true);
  });
}

function roundTrip(open: Open): void {
  using subject = open();
  const given = [fx.chunk("a", 1), fx.chunk("b", 32 * 1024), fx.chunk("c", 640 * 1024), fx.chunk("d", 0)];
  const [first, second] = [given[0]!, given[1]!];
  const sorted = (chunks: typeof given): string[] => chunks.map(({ digest }) => digest).toSorted();
  assertEquals([subject.storage.chunks.has(first.digest), subject.storage.chunks.read(first.digest)], [false, null]);
  subject.storage.commit([fx.chunks(given), fx.chunks([first, first])], []);
  subject.storage.commit([fx.chunks([second]), fx.hardState(1)], []);
  using reopened = subject.reopen();
  const { chunks } = reopened.storage;
  for (const { digest, bytes } of given) assertEquals([chunks.has(digest), chunks.read(digest)], [true, bytes]);
  assertEquals([...chunks.digests()].toSorted(), sorted(given));
  reopened.storage.commit([fx.dropChunks([first.digest, first.digest, fx.chunk("unknown").digest])], []);
  assertEquals([chunks.has(first.digest), chunks.read(first.digest)], [false, null]);
  assertEquals([...chunks.digests()].toSorted(), sorted(given.slice(1)));
  reopened.storage.commit([fx.chunks([first])], []);
  assertEquals(chunks.read(first.digest), first.bytes);
}
