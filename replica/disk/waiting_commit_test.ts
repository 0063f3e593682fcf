/** §4.1: which transactions a commit waits for, and what it is written before. */
import { assertEquals } from "@std/assert";
import * as fx from "../../tests/contract/storage/storage_fixtures.ts";
import type { PersistOperation } from "../core/log/durable_state.ts";
import { WaitingCommit } from "./waiting_commit.ts";

const LOG = fx.grow(fx.GENESIS, 3, 1);
const at = (index: number) => fx.endOf(LOG.slice(0, index));
const commit = (index: number) => fx.commit(1, at(index));
const { chunks } = fx.snapshot(fx.chunk("state"));
const opsOf = (operations: readonly PersistOperation[]) => operations.map(({ op }) => op);

Deno.test("a commit alone waits, and the newest one is written before whatever comes next", () => {
  const waiting = new WaitingCommit(false);
  assertEquals(waiting.join([commit(1)], []), []);
  assertEquals(waiting.join([commit(2)], []), []);
  assertEquals(waiting.join([], []), []);
  assertEquals(waiting.join([fx.compact(at(2)), commit(3)], []), [commit(2), fx.compact(at(2)), commit(3)]);
  assertEquals(waiting.join([fx.hardState(2)], []), [fx.hardState(2)]);
});

Deno.test("chunks, which are written in the background, neither wait for it nor take it along", () => {
  const waiting = new WaitingCommit(false);
  assertEquals(opsOf(waiting.join([fx.chunks(chunks), commit(1), fx.dropChunks([])], [])), ["chunks", "drop-chunks"]);
  assertEquals(opsOf(waiting.join([fx.chunks(chunks)], [])), ["chunks"]);
  assertEquals(opsOf(waiting.join([fx.chunks(chunks)], [fx.acks(1)])), ["commit", "chunks"]);
});

Deno.test("whatever is signed takes it along, and where it is urgent nothing waits", () => {
  const waiting = new WaitingCommit(false);
  waiting.join([commit(1)], []);
  assertEquals(waiting.join([], [fx.acks(1)]), [commit(1)]);
  assertEquals(waiting.join([commit(2)], [fx.acks(1)]), [commit(2)]);
  assertEquals(new WaitingCommit(true).join([commit(1)], []), [commit(1)]);
});
