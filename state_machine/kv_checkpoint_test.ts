import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { sha256Hex } from "../crypto/digest.ts";
import type { Digest } from "../protocol/ids.ts";
import { restoreSnapshot } from "../protocol/snapshot/snapshot_restore.ts";
import { freezeMachine } from "../protocol/snapshot/snapshot_source.ts";
import { startSnapshot } from "../protocol/snapshot/snapshot_writer.ts";
import { contextAt } from "../tests/support/contexts.ts";
import { keyAt, type Write, writes } from "../tests/support/kv/page_values.ts";
import { HeldChunks, writeAll } from "../tests/support/snapshot_values.ts";
import { encodeKvCommand } from "./kv_command.ts";
import { KvStore } from "./kv_store.ts";

const CONTEXT = contextAt();

function write(store: KvStore, given: readonly Write[]): void {
  for (const { key: at, bytes } of given) {
    const key = keyAt(at);
    const value = new Uint8Array(bytes ?? 0).fill(at);
    store.apply(encodeKvCommand(bytes === null ? { op: "delete", key } : { op: "put", key, value }), CONTEXT);
  }
}

function restored(stateDigest: Digest, held: HeldChunks): KvStore {
  const store = new KvStore();
  store.restore(restoreSnapshot(stateDigest, (digest) => held.read(digest), sha256Hex).machine);
  return store;
}

Deno.test("§8.2 a store's snapshot, written while the store goes on, restores to the store as it was", () => {
  fc.assert(
    fc.property(writes, writes, fc.integer({ min: 1, max: 100_000 }), (before, after, maxBytes) => {
      const [store, twin] = [new KvStore(), new KvStore()];
      write(store, before);
      write(twin, before);
      const writer = startSnapshot([], freezeMachine(store, sha256Hex));
      write(store, after);
      const held = new HeldChunks();
      const { done } = writeAll(writer, held, maxBytes);
      const back = restored(done.stateDigest, held);
      assertEquals([back.digest(), back.revision], [twin.digest(), twin.revision]);
      write(twin, after);
      write(back, after);
      assertEquals([back.digest(), twin.digest()], [store.digest(), store.digest()]);
    }),
    { numRuns: 40 },
  );
});

Deno.test("§8.2 the next snapshot writes what has changed since, also in a store that was restored", () => {
  const store = new KvStore();
  write(store, Array.from({ length: 24 }, (_, key) => ({ key, bytes: 9000 })));
  const held = new HeldChunks();
  const first = writeAll(startSnapshot([], freezeMachine(store, sha256Hex)), held, 1e9);
  assert(first.turns.flat().length > 10);
  for (const each of [store, restored(first.done.stateDigest, held)]) {
    write(each, [{ key: 7, bytes: 9001 }]);
    const own = new HeldChunks();
    for (const digest of first.done.digests) own.put([{ digest, bytes: held.read(digest)! }]);
    const { turns, done } = writeAll(startSnapshot([], freezeMachine(each, sha256Hex)), own, 1e9);
    // The page, the last of the history, the store's index and head, the snapshot's list and head.
    assertEquals(turns.flat().length, 6);
    assertEquals(restored(done.stateDigest, own).digest(), each.digest());
  }
});
