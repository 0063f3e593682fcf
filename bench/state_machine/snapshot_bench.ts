/**
 * Benchmarks a checkpoint at 100 000 keys of 200 bytes (about 23 MB in pages): `deno bench bench/state_machine/snapshot_bench.ts`. Without
 * the disk: chunks go into a set.
 */
import { sha256Hex } from "../../crypto/digest.ts";
import type { Digest } from "../../protocol/ids.ts";
import { freezeMachine } from "../../protocol/snapshot/snapshot_source.ts";
import { nextChunks, startSnapshot } from "../../protocol/snapshot/snapshot_writer.ts";
import { encodeKvCommand } from "../../state_machine/kv_command.ts";
import { KvStore } from "../../state_machine/kv_store.ts";
import { contextAt } from "../../tests/support/contexts.ts";

const KEYS = 100_000;
const VALUE = new Uint8Array(200).fill(7);
const CONTEXT = contextAt();
/** Bytes of chunks per turn. */
const TURN_BYTES = 256 * 1024;

const commands = Array.from({ length: KEYS }, (_, i) => {
  return encodeKvCommand({ op: "put", key: `user/${String((i * 61_803) % KEYS).padStart(6, "0")}`, value: VALUE });
});

function filled(): KvStore {
  const store = new KvStore();
  for (const command of commands) store.apply(command, CONTEXT);
  return store;
}

/** Writes one snapshot; returns the duration of its longest turn in milliseconds, and the number of new bytes. */
function write(store: KvStore, held: Set<Digest>): { longestMs: number; turns: number; newBytes: number } {
  const ports = { hash: sha256Hex, chunks: held };
  const writer = startSnapshot([], freezeMachine(store, sha256Hex));
  const result = { longestMs: 0, turns: 0, newBytes: 0 };
  for (let done = false; !done;) {
    const before = performance.now();
    const turn = nextChunks(writer, ports, TURN_BYTES);
    result.longestMs = Math.max(result.longestMs, performance.now() - before);
    result.turns++;
    for (const { digest, bytes } of turn.chunks) {
      held.add(digest);
      result.newBytes += bytes.length;
    }
    done = turn.done !== null;
  }
  return result;
}

const store = filled();
const held = new Set<Digest>();
console.log("first snapshot", write(store, held));
let next = 0;
const change = (count: number) => {
  for (let i = 0; i < count; i++) store.apply(commands[next++ % KEYS]!, CONTEXT);
};
change(1000);
console.log("after 1000 changed keys", write(store, held));
change(100);
console.log("after 100 changed keys", write(store, held));
console.log("after none", write(store, held));

Deno.bench("snapshot of a state that was never digested", { n: 5, warmup: 1 }, (bench) => {
  const fresh = filled();
  bench.start();
  write(fresh, new Set());
  bench.end();
});
for (const count of [0, 100, 1000]) {
  Deno.bench(`snapshot after ${count} changed keys`, { n: 20, warmup: 2 }, (bench) => {
    change(count);
    bench.start();
    write(store, held);
    bench.end();
  });
}
