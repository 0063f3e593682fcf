import { assert, assertEquals } from "@std/assert";
import { FairQueue } from "./fair_queue.ts";

function take<T>(queue: FairQueue<T>, most = Infinity): T[] {
  const taken: T[] = [];
  queue.drain(() => taken.length < most, (item) => taken.push(item));
  return taken;
}

Deno.test("sources are served in turn, each in its own order", () => {
  const queue = new FairQueue<string>(10);
  for (const item of ["a1", "a2", "a3", "b1", "c1", "c2"]) queue.add(item[0]!, item);
  assertEquals(take(queue), ["a1", "b1", "c1", "a2", "c2", "a3"]);
  assertEquals(queue.size, 0);
});

Deno.test("what is left after an interruption comes next time, in order", () => {
  const queue = new FairQueue<string>(10);
  for (const item of ["a1", "a2", "a3", "b1", "b2"]) queue.add(item[0]!, item);
  const taken = [...take(queue, 3), ...take(queue, 1), ...take(queue)];
  assertEquals([...taken].sort(), ["a1", "a2", "a3", "b1", "b2"]);
  for (const source of ["a", "b"]) {
    const own = taken.filter((item) => item.startsWith(source));
    assertEquals(own, [...own].sort());
  }
});

Deno.test("a full queue makes room at the expense of the source that floods it", () => {
  const queue = new FairQueue<string>(100);
  for (let i = 0; i < 1000; i++) queue.add("flood", `flood ${i}`);
  assertEquals(queue.size, 100);
  for (let i = 0; i < 10; i++) assert(queue.add("honest", `honest ${i}`));
  assertEquals(queue.size, 100);
  assertEquals(take(queue, 20).filter((item) => item.startsWith("honest")).length, 10);
});

Deno.test("items are neither lost nor doubled over many interruptions", () => {
  const queue = new FairQueue<number>(1000);
  for (let i = 0; i < 300; i++) queue.add(`s${i % 7}`, i);
  const taken: number[] = [];
  while (queue.size > 0) taken.push(...take(queue, 11));
  assertEquals(taken.sort((a, b) => a - b), Array.from({ length: 300 }, (_, i) => i));
});
