/**
 * Regression tests for the two traps of ZeroMQ under Deno (see `transport/zmq/zmq_poll.ts`): receives that stall for ever once
 * the socket's wake-up descriptor rang without a message, and a crash. They run in processes of their own, so that a crash shows
 * as an exit code, and a process that does not end by itself shows too.
 *
 * That they can fail: `zmq_traps_worker.ts naive 2000` is the plain loop over a socket; it stalls and exits with 2.
 */
import { assert, assertEquals } from "@std/assert";
import { work } from "./zmq_work.ts";

Deno.test("zeromq: 250 fresh connections shake hands and echo", async () => {
  const result = await work("pairs", 250);
  assertEquals(result["pairs"], 250);
});

Deno.test("zeromq: 25 000 messages each way over both patterns, none lost, clean exit with full queues", async () => {
  const { received } = await work("volume", 25_000);
  assertEquals(received, Array(4).fill(25_000));
});

Deno.test("zeromq: small queues and restarts in the middle of traffic", async () => {
  const { received } = await work("restart", 3000);
  assertEquals(received, Array(12).fill(3000));
});

Deno.test("zeromq: 100 clients of one process wait with one call, and a ring reaches each of them at once", async () => {
  const { together, inTurn, rescues, waitedOut } = await work("crowd", 100);
  assertEquals([together, inTurn], [300, 200]);
  // On a busy machine a timer may fire while its ring is on its way; lost rings would show in most questions.
  assert(Number(rescues) < 20, `${rescues} of 200 waits were ended by the safety net`);
  assert(Number(waitedOut) < 50, `${waitedOut} of 200 answers came only when the safety net made room for them`);
});
