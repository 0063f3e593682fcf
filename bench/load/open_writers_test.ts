import { assert, assertEquals, assertRejects } from "@std/assert";
import { BusyError, NoQuorumError, RefusedError, UsageError } from "../../client/mod.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import { latenciesOf, mergeHistograms } from "../support/histogram.ts";
import { OpenWriters } from "./open_writers.ts";
import type { Put } from "./writers.ts";

const PATIENCE_MS = 10_000;
const LOAD = { rate: 2000, prefix: "p/", size: 10 };

/** A store that fails as `errors` say, in turn; null is success. */
function store(errors: readonly (Error | null)[]) {
  const keys: string[] = [];
  const put: Put = (key) => {
    const error = errors[keys.length % errors.length]!;
    keys.push(key);
    return error === null ? Promise.resolve() : Promise.reject(error);
  };
  return { put, keys };
}

const progress = { replicas: 4, answered: 0, equal: 0, needed: 2, waitedMs: 1 };

Deno.test("writes are offered whether or not earlier ones are answered, over all connections and keys in turn", async () => {
  const [never, other] = [[] as string[], store([null])];
  const held = Promise.withResolvers<void>();
  const put: Put = (key) => {
    never.push(key);
    return held.promise;
  };
  const writers = new OpenWriters([put, other.put], LOAD);
  await eventually("fifty writes to each", () => never.length >= 50 && other.keys.length >= 50, PATIENCE_MS);
  assertEquals([never.slice(0, 2), other.keys.slice(0, 2)], [["p/0", "p/2"], ["p/1", "p/3"]]);
  const stopped = writers.stop();
  held.resolve();
  const { writes, open } = await stopped;
  assert(writes < open!.offered, "what was not answered when it ended does not count");
});

Deno.test("what is turned away, in vain or answered is counted apart", async () => {
  const busy = [new RefusedError("queue-full", "full"), new BusyError("request", 1, true)];
  const { put, keys } = store([null, ...busy, new NoQuorumError("request", progress, true)]);
  const writers = new OpenWriters([put], LOAD);
  await eventually("a hundred writes", () => keys.length >= 100, PATIENCE_MS);
  const { writes, failures, open } = await writers.stop();
  assert(open!.offered >= 100);
  const each = open!.offered / 4;
  for (const count of [writes, failures, open!.turnedAway / 2]) {
    assert(Math.abs(count - each) <= 1, `${count} of ${each}`);
  }
});

Deno.test("latencies count from when a write was meant to begin, though the process was held up", async () => {
  const { put, keys } = store([null]);
  const writers = new OpenWriters([put], LOAD);
  await eventually("some writes", () => keys.length >= 10, PATIENCE_MS);
  writers.measure();
  const began = keys.length;
  for (const until = performance.now() + 200; performance.now() < until;);
  await eventually("those of that time", () => keys.length >= began + 200, PATIENCE_MS);
  const { max } = latenciesOf(mergeHistograms([(await writers.stop()).histogram]));
  assert(max >= 150, `at most ${max} ms`);
});

Deno.test("any other error ends the writers", async () => {
  const { put, keys } = store([new UsageError("value was given; wanted none")]);
  const writers = new OpenWriters([put], LOAD);
  await eventually("a write", () => keys.length >= 1, PATIENCE_MS);
  await assertRejects(() => writers.stop(), UsageError);
});
