/**
 * Benchmarks the key-value store at 100 000 keys of 200 bytes, accessed in scattered order: `deno bench
 * bench/state_machine/kv_store_bench.ts`. Commands are encoded beforehand; decoding them and encoding results is part of the figures, as it
 * is in a replica.
 */
import { encodeKvCommand, type KvCommand } from "../../state_machine/kv_command.ts";
import { KvStore } from "../../state_machine/kv_store.ts";
import { contextAt } from "../../tests/support/contexts.ts";

const KEYS = 100_000;
const VALUE = new Uint8Array(200).fill(7);
const CONTEXT = contextAt();
const keyAt = (at: number) => `user/${String(at).padStart(6, "0")}`;

/** Returns commands made of every key, in an order in which neighbours are far apart (61 803 is coprime to 100 000). */
const commands = (make: (key: string) => KvCommand) =>
  Array.from({ length: KEYS }, (_, i) => encodeKvCommand(make(keyAt((i * 61_803) % KEYS))));

/** Returns a function that yields `all` cyclically. */
function circle<T>(all: readonly T[]): () => T {
  let at = 0;
  return () => all[at++ % all.length]!;
}

function filled(): KvStore {
  const store = new KvStore();
  for (const put of puts) store.apply(put, CONTEXT);
  return store;
}

const puts = commands((key) => ({ op: "put", key, value: VALUE }));
const nextPut = circle(puts);
const nextGet = circle(commands((key) => ({ op: "get", key })));
const nextList = circle(commands((key) => ({ op: "list", prefix: "user/", after: key, limit: 100 })));
const nextDelete = circle(commands((key) => ({ op: "delete", key })));

const store = filled();
Deno.bench("put over an old key", () => void store.apply(nextPut(), CONTEXT));
Deno.bench("get", () => void store.query(nextGet(), CONTEXT));
Deno.bench("list 100 behind a key", () => void store.query(nextList(), CONTEXT));
const shrinking = filled();
Deno.bench("delete and put again", () => {
  shrinking.apply(nextDelete(), CONTEXT);
  shrinking.apply(nextPut(), CONTEXT);
});
Deno.bench("fill an empty store with 100 000 keys", { n: 3, warmup: 1 }, () => void filled());
Deno.bench("digest after one put", () => {
  store.apply(nextPut(), CONTEXT);
  store.digest();
});
const taken = filled();
taken.digest();
Deno.bench("freeze after one put", () => {
  taken.apply(nextPut(), CONTEXT);
  taken.freeze();
});
