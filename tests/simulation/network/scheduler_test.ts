import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Rng } from "../plan/rng.ts";
import { Scheduler } from "./scheduler.ts";

Deno.test("scheduler: actions run in order of time, and of scheduling where times are equal", () => {
  fc.assert(fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (delays) => {
    const scheduler = new Scheduler();
    const ran: { at: number; i: number }[] = [];
    delays.forEach((delay, i) => scheduler.schedule(delay, () => ran.push({ at: scheduler.now, i })));
    scheduler.elapse(20);
    const wanted = delays.map((at, i) => ({ at, i })).sort((a, b) => a.at - b.at || a.i - b.i);
    assertEquals(ran, wanted);
  }));
});

Deno.test("scheduler: elapse stops at the end of its time, or as soon as what it waits for holds", () => {
  const scheduler = new Scheduler();
  let count = 0;
  const again = () => {
    count++;
    scheduler.schedule(10, again);
  };
  scheduler.schedule(10, again);
  assert(!scheduler.elapse(35));
  assertEquals([scheduler.now, count], [35, 3]);
  assert(scheduler.elapse(1000, () => count === 5));
  assertEquals([scheduler.now, count], [50, 5]);
});

Deno.test("rng: a stream is its seed and name; draws stay in their bounds", () => {
  fc.assert(fc.property(fc.nat(), fc.string(), (seed, name) => {
    const [one, same] = [new Rng(seed, name), new Rng(seed, name)];
    const draws = Array.from({ length: 20 }, () => one.int(3, 7));
    assertEquals(draws, Array.from({ length: 20 }, () => same.int(3, 7)));
    assert(draws.every((draw) => draw >= 3 && draw <= 7 && Number.isInteger(draw)));
    assertEquals(one.shuffle([1, 2, 3, 4]).sort(), [1, 2, 3, 4]);
  }));
  assert(new Rng(1, "a").next() !== new Rng(1, "b").next());
});
