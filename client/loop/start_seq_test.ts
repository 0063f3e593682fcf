import { assert, assertEquals } from "@std/assert";
import { createHelloTimer, helloDueAt, sayHello } from "./hello.ts";
import { nextStart } from "./start_seq.ts";

Deno.test("sessions of one process begin in order, even when the clock stands still or goes back", () => {
  const now = Date.now();
  const starts = [nextStart(now, 0.5), nextStart(now, 0.1), nextStart(now - 60_000, 0.9), nextStart(now + 5, 0)];
  assertEquals(starts[0], now * 1000 + 500);
  assert(starts.every((start, i) => i === 0 || start > starts[i - 1]!), `${starts}`);
  assert(starts.every(Number.isSafeInteger));
});

Deno.test("a hello is due at once, then by how busy the client is, and its time only grows", () => {
  const timer = createHelloTimer(1000, 5000);
  assert(helloDueAt(timer, false) < 0);
  assertEquals(sayHello(timer, 10, 777.9), 777);
  assertEquals([helloDueAt(timer, true), helloDueAt(timer, false)], [1010, 5010]);
  assertEquals([sayHello(timer, 20, 700), sayHello(timer, 30, 900)], [778, 900]);
});
