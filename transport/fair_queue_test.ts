import { assertEquals } from "@std/assert";
import { FairQueue } from "./fair_queue.ts";

function drained(queue: FairQueue<string>): string[] {
  const items: string[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) items.push(item);
  return items;
}

Deno.test("senders are served in turn, each in its own order", () => {
  const queue = new FairQueue<string>(10);
  for (const item of ["a1", "a2", "a3", "b1", "c1", "c2"]) queue.push(item.slice(0, 1), item);
  assertEquals(drained(queue), ["a1", "b1", "c1", "a2", "c2", "a3"]);
  assertEquals([queue.empty, queue.shift()], [true, undefined]);
});

Deno.test("a full sender is refused and leaves the others their room", () => {
  const queue = new FairQueue<string>(2);
  assertEquals(["a1", "a2", "a3", "b1"].map((item) => queue.push(item.slice(0, 1), item)), [true, true, false, true]);
  assertEquals(drained(queue), ["a1", "b1", "a2"]);
  assertEquals(new FairQueue<string>(0).push("a", "a1"), false);
});
