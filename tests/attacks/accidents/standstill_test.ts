/** Nothing that merely stands still dies of it. Longer ones: `deno task attacks stopped blocked-disk`. */
import { assert, assertEquals } from "@std/assert";
import { UNHURRIED_MS } from "../arena/load.ts";
import { standStill } from "./standstill.ts";

/** Beyond the time after which others take a peer for dead. */
const SECONDS = 12;
/** Seconds, on a machine with nothing else to do. */
const CAUGHT_UP_MS = 20_000;

Deno.test("a replica whose disk blocks for 12 seconds under load goes on, and is level soon after", async () => {
  const woken = await standStill("blocked-disk", SECONDS, UNHURRIED_MS);
  assertEquals([woken.failures, woken.running], [[], ["r1", "r2", "r3", "r4"]]);
  assert(woken.acknowledged > 0, "nothing was acknowledged meanwhile");
  assert(woken.caughtUpMs < CAUGHT_UP_MS, JSON.stringify(woken));
});

Deno.test("a replica that is stopped for 5 seconds under load goes on, and is level soon after", async () => {
  const woken = await standStill("stopped", 5, UNHURRIED_MS);
  assertEquals([woken.failures, woken.running], [[], ["r1", "r2", "r3", "r4"]]);
  assert(woken.acknowledged > 0, JSON.stringify(woken));
  assert(woken.caughtUpMs < CAUGHT_UP_MS, JSON.stringify(woken));
});
