/** Links with a bandwidth. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { Scheduler } from "../network/scheduler.ts";
import { Rng } from "../plan/rng.ts";
import { bytesOnWire, Links } from "./links.ts";

const BYTES_PER_MS = 1000;

function setUp(jitter: number) {
  const scheduler = new Scheduler();
  const links = new Links({ scheduler, rng: new Rng(1, "jitter"), bytesPerMs: BYTES_PER_MS, jitter, wayMs: () => 10 });
  const arrivals: { readonly what: string; readonly at: number }[] = [];
  return { scheduler, links, arrivals, arrive: (what: string) => () => arrivals.push({ what, at: scheduler.now }) };
}

Deno.test("links: what a machine sends leaves one behind the other, and each takes its way", () => {
  const { scheduler, links, arrivals, arrive } = setUp(0);
  links.send("a", "b", 5000, arrive("first"));
  links.send("a", "c", 5000, arrive("second"));
  links.send("d", "b", 5000, arrive("another's"));
  links.sendFree("e", "b", arrive("free"));
  const ms = bytesOnWire(5000) / BYTES_PER_MS;
  scheduler.elapse(ms);
  assertAlmostEquals(links.sentBytes("a"), bytesOnWire(5000));
  scheduler.elapse(100);
  assertEquals(arrivals.map(({ what }) => what), ["free", "first", "another's", "second"]);
  for (const [i, at] of [10, ms + 10, ms + 10, 2 * ms + 10].entries()) assertAlmostEquals(arrivals[i]!.at, at);
  assertEquals(links.sentBytes("a"), 2 * bytesOnWire(5000));
});

Deno.test("links: jitter puts nothing out of order", () => {
  const { scheduler, links, arrivals, arrive } = setUp(5);
  for (let i = 0; i < 20; i++) links.send("a", "b", 1, arrive(String(i)));
  scheduler.elapse(1000);
  assertEquals(arrivals.map(({ what }) => Number(what)), Array.from({ length: 20 }, (_, i) => i));
});

Deno.test("links: headers count", () => {
  assertEquals([bytesOnWire(1), bytesOnWire(2 * 1448)], [1 + 64 + 52, 2 * 1448 + 64 + 104]);
});
