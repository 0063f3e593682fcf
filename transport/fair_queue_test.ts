import { assert, assertEquals } from "@std/assert";
import { FairQueue } from "./fair_queue.ts";

function drained<T>(queue: FairQueue<T>, most = Infinity): T[] {
  const items: T[] = [];
  while (!queue.empty && items.length < most) items.push(queue.shift()!);
  return items;
}

function pushAll(queue: FairQueue<string>, ...items: string[]): boolean[] {
  return items.map((item) => queue.push(item.slice(0, 1), item));
}

Deno.test("sources are served in turn, each in its own order", () => {
  const queue = new FairQueue<string>({ perSource: 10 });
  pushAll(queue, "a1", "a2", "a3", "b1", "c1", "c2");
  assertEquals(drained(queue), ["a1", "b1", "c1", "a2", "c2", "a3"]);
  assertEquals([queue.empty, queue.size, queue.shift()], [true, 0, undefined]);
});

Deno.test("who is served last waits longest, also where something came in between", () => {
  const queue = new FairQueue<string>({ total: 10 });
  pushAll(queue, "a1", "a2", "a3", "b1", "b2");
  assertEquals(drained(queue, 3), ["a1", "b1", "a2"]);
  pushAll(queue, "c1");
  assertEquals(drained(queue, 1), ["b2"]);
  pushAll(queue, "b3");
  assertEquals(drained(queue), ["a3", "c1", "b3"]);
});

Deno.test("a source with its share is refused and leaves the others their room", () => {
  const queue = new FairQueue<string>({ perSource: 2 });
  assertEquals(pushAll(queue, "a1", "a2", "a3", "b1"), [true, true, false, true]);
  assertEquals(drained(queue), ["a1", "b1", "a2"]);
  assertEquals(new FairQueue<string>({ perSource: 0 }).push("a", "a1"), false);
});

Deno.test("a full queue makes room at the expense of the source that floods it", () => {
  const queue = new FairQueue<string>({ total: 100 });
  for (let i = 0; i < 1000; i++) assertEquals(queue.push("flood", `flood ${i}`), i < 100);
  for (let i = 0; i < 10; i++) assert(queue.push("honest", `honest ${i}`));
  assertEquals(queue.size, 100);
  const taken = drained(queue);
  assertEquals(taken.slice(0, 20).filter((item) => item.startsWith("honest")).length, 10);
  assertEquals(taken.filter((item) => item.startsWith("flood")), Array.from({ length: 90 }, (_, i) => `flood ${i}`));
});

Deno.test("where all have as much, a full queue refuses the newcomer's second item and nobody loses one", () => {
  const queue = new FairQueue<string>({ total: 4 });
  assertEquals(pushAll(queue, "a1", "a2", "b1", "b2", "c1", "c2"), [true, true, true, true, true, false]);
  assertEquals(pushAll(queue, "a3", "b3"), [false, false]);
  assertEquals(drained(queue), ["a1", "b1", "c1", "b2"]);
  assertEquals(new FairQueue<string>({ total: 0 }).push("a", "a1"), false);
});

Deno.test("where items have weights, room is made at the expense of who holds most of it, down to nothing", () => {
  const queue = new FairQueue<string>({ total: 10, weigh: (item) => item.length });
  assertEquals([queue.push("big", "nine long"), queue.push("big", "ab")], [true, false]);
  for (let i = 0; i < 10; i++) assert(queue.push(`s${i}`, `${i}`));
  assertEquals(queue.size, 10);
  assertEquals(drained(queue).join(""), "0123456789");
  assertEquals([queue.empty, queue.push("big", "eleven long"), queue.size], [true, false, 0]);
  assert(queue.push("big", "ten items."));
});

Deno.test("items are neither lost nor doubled over many interruptions", () => {
  const queue = new FairQueue<number>({ total: 1000 });
  for (let i = 0; i < 300; i++) queue.push(`s${i % 7}`, i);
  const taken: number[] = [];
  while (!queue.empty) taken.push(...drained(queue, 11));
  assertEquals(taken.sort((a, b) => a - b), Array.from({ length: 300 }, (_, i) => i));
});
