import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../client/mod.ts";
import { latenciesOf, mergeHistograms } from "../support/histogram.ts";
import { type Put, Writers } from "./writers.ts";

/** A store that answers when the test says so. */
function store() {
  const waiting: { readonly key: string; readonly answer: () => void; readonly fail: (error: Error) => void }[] = [];
  const put: Put = (key) => new Promise((answer, fail) => waiting.push({ key, answer: () => answer(null), fail }));
  const settle = async () => {
    for (const { answer } of waiting.splice(0)) answer();
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { put, waiting, settle };
}

Deno.test("each writer has one write under way, with a key of its own, over all connections in turn", async () => {
  const [a, b] = [store(), store()];
  const writers = new Writers([a.put, b.put], 5, "p/", 10);
  const keys = () => [a, b].map(({ waiting }) => waiting.map(({ key }) => key));
  assertEquals(keys(), [["p/0", "p/2", "p/4"], ["p/1", "p/3"]]);
  await a.settle();
  assertEquals(keys(), [["p/0", "p/2", "p/4"], ["p/1", "p/3"]]);
  const stopped = writers.stop();
  await Promise.all([a.settle(), b.settle()]);
  assertEquals((await stopped).writes, 3);
});

Deno.test("only what is answered between measure and stop counts", async () => {
  const { put, settle } = store();
  const writers = new Writers([put], 2, "p/", 10);
  await settle();
  const before = performance.now();
  writers.measure();
  await settle();
  await settle();
  const stopped = writers.stop();
  await settle();
  const { writes, failures, seconds, histogram } = await stopped;
  assertEquals([writes, failures, mergeHistograms([histogram]).totalCount], [4, 0, 4]);
  assertAlmostEquals(seconds, (performance.now() - before) / 1000, 0.1);
  assertEquals(latenciesOf(mergeHistograms([histogram])).max < 1000, true);
});

Deno.test("an error that is no missing answer ends the writers", async () => {
  const { put, waiting, settle } = store();
  const writers = new Writers([put], 2, "p/", 10);
  waiting[0]!.fail(new UsageError("value was given; wanted none"));
  await settle();
  const stopped = assertRejects(() => writers.stop(), UsageError);
  await settle();
  await stopped;
});
