/** Power cuts at any moment, of what the model in `cut_disk.ts` says, and syncs that fail: nothing that was reported is ever lost. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Genesis } from "../../../../protocol/config.ts";
import type { Head } from "../../../../protocol/entry.ts";
import { genesisProof } from "../../../../protocol/epochs/genesis_proof.ts";
import { term } from "../../../../protocol/ids.ts";
import type { Recovered } from "../../../../replica/core/log/durable_state.ts";
import { openDiskStorage, reopenDiskStorage } from "../../../../replica/storage/disk/disk_storage.ts";
import { epochOf } from "../../../../replica/storage/epoch.ts";
import { type Storage, StorageError } from "../../../../replica/storage/port.ts";
import { bind } from "../../../simulation/nodes/sim_ports.ts";
import * as fx from "../storage_fixtures.ts";
import { CutDisk } from "./cut_disk.ts";
import { namesIn } from "./log_lab.ts";
import { contentIn, openIn, optionsIn, withDir } from "./storage_disk_lab.ts";

/** A generator of numbers below 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const SNAPSHOT = fx.snapshot(fx.chunk("state", 3000));
const SALT = "cut ".repeat(120);

/** Commits that fill segments and, every fourth, compact the log; every fifth begins an epoch, in turn with its state and without. */
function step(storage: Storage, number: number): void {
  const held = storage.load();
  const { entries, base, genesis } = held;
  const end = entries.length > 0 ? fx.endOf(entries) : base ?? fx.GENESIS;
  if (number % 5 === 4) return begin(storage, epochOf(held) + 1, end, number % 2 === 0);
  if (base === null && genesis !== null) return takeUp(storage, genesis);
  const more = fx.grow(end, 25, 1, SALT);
  const head = fx.endOf(more);
  const acked = fx.hardState(1, { currentTerm: term(1), ack: head });
  storage.commit([fx.append(more), acked], [fx.ofEpoch(epochOf(held), fx.acks(1, head))]);
  if (number % 4 !== 3) return storage.commit([fx.prepared(1, head)], []);
  const { chunks, stateDigest } = SNAPSHOT;
  storage.commit([
    ...[fx.commit(1, head), fx.chunks(chunks), fx.checkpoint(fx.checkpointProof(1, head, stateDigest))],
    fx.compact(fx.endOf([...entries, ...more].slice(0, -8))),
  ], []);
}

function begin(storage: Storage, epoch: number, end: Head, held: boolean): void {
  const genesis = fx.genesisAfter(end, SNAPSHOT.stateDigest, epoch);
  storage.commit([fx.chunks(SNAPSHOT.chunks), fx.beginEpoch(genesis, held)], []);
}

/** Starts from the genesis, whose state was fetched. */
function takeUp(storage: Storage, genesis: Genesis): void {
  const proof = genesisProof(genesis);
  const { index, hash } = genesis;
  const certificate = proof.commit;
  storage.commit([fx.restart({ index, hash }), { op: "commit", index, certificate }, fx.checkpoint(proof)], []);
}

/** States of a storage after each of its commits. */
function watched(storage: Storage): { readonly storage: Storage; readonly states: Recovered[] } {
  const states = [storage.load()];
  const commit: Storage["commit"] = (operations, intents) => {
    storage.commit(operations, intents);
    states.push(storage.load());
  };
  return { states, storage: { ...bind(storage), commit } };
}

for (const seed of [1, 2]) {
  Deno.test(`⚠ log: a power cut at any moment loses nothing that was reported, seed ${seed}`, () =>
    withDir((root) => {
      const dir = `${root}/data`;
      openIn(dir).close();
      const disk = new CutDisk(dir, randomFrom(seed));
      const cuts: (readonly [dir: string, reported: number])[] = [];
      disk.start();
      const { storage, states } = watched(openIn(dir));
      disk.onChange = () => {
        const to = `${root}/cut-${cuts.length}`;
        disk.cut(to);
        cuts.push([to, states.length - 1]);
      };
      for (let number = 0; number < 16; number++) step(storage, number);
      disk.onChange = () => {};
      disk.stop();
      storage.close();
      assertEquals(states.at(-1)!.genesis?.epoch, 4);
      assert(Number(namesIn(dir).at(-1)!.slice(-10)) >= 3, "it went on in new segments");
      for (const [cut, reported] of cuts) assertKept(cut, states.slice(reported, reported + 2));
      assert(cuts.length > 80, `${cuts.length} cuts`);
    }));
}

/** Asserts that `dir` is in one of `states`, takes more, and then is where that leads. */
function assertKept(dir: string, states: readonly Recovered[]): void {
  const storage = openIn(dir);
  const found = storage.load();
  const state = states.find(({ entries, base, prepared, genesis }) =>
    entries.length === found.entries.length && base?.index === found.base?.index &&
    prepared?.index === found.prepared?.index && genesis?.epoch === found.genesis?.epoch
  );
  assertEquals(found, state ?? states[0]);
  step(storage, 0);
  const after = storage.load();
  storage.close();
  assertEquals(contentIn(dir).recovered, after);
}

Deno.test("⚠ log: a sync that fails ends the storage, its file is never used again, and nothing that was reported is lost", () => {
  for (let at = 0; at < 8; at++) {
    withDir((root) => {
      const dir = `${root}/data`;
      openIn(dir).close();
      const disk = new CutDisk(dir, () => 0);
      disk.start();
      try {
        const first = watched(openDiskStorage(optionsIn(dir)));
        for (let number = 0; number < at; number++) step(first.storage, number);
        disk.failNextSync = true;
        const error = assertThrows(() => step(first.storage, at), StorageError, "Input/output error");
        assert(error.refused);
        assert(assertThrows(() => step(first.storage, at), StorageError, "failed before").refused);
        first.storage.close();
        disk.cut(`${root}/cut`);
        const back = watched(reopenDiskStorage(optionsIn(dir)));
        step(back.storage, 1);
        disk.cut(`${root}/later`);
        const last = back.storage.load();
        back.storage.close();
        disk.stop();
        assertEquals(contentIn(`${root}/cut`).recovered, first.states.at(-1));
        assertEquals(contentIn(`${root}/later`).recovered, last);
      } finally {
        disk.stop();
      }
    });
  }
});

Deno.test("⚠ log: what a killed process left is durable before anything rests on it", () =>
  withDir((root) => {
    const dir = `${root}/data`;
    openIn(dir).close();
    const disk = new CutDisk(dir, () => 0);
    disk.start();
    try {
      const storage = openIn(dir);
      for (let number = 0; number < 3; number++) step(storage, number);
      // The process dies between the write of its last record and the sync.
      disk.failNextSync = true;
      assertThrows(() => step(storage, 3), StorageError);
      storage.close();
      const again = openIn(dir);
      const found = again.load();
      disk.cut(`${root}/cut`);
      again.close();
      disk.stop();
      assertEquals(contentIn(`${root}/cut`).recovered, found);
    } finally {
      disk.stop();
    }
  }));
