/**
 * Regression tests for the two traps of ZeroMQ under Deno (see `transport/zmq_poll.ts`): receives that stall for ever once
 * the socket's doorbell rang without a message, and a crash. They run in processes of their own, so that a crash shows
 * as an exit code, and a process that does not end by itself shows too.
 *
 * That they can fail: `zmq_traps_worker.ts naive 2000` is the plain loop over a socket; it stalls and exits with 2.
 */
import { assert, assertEquals } from "@std/assert";

const WORKER = new URL("./zmq_traps_worker.ts", import.meta.url);
const PATIENCE_MS = 60_000;

async function work(mode: string, count: number): Promise<Record<string, unknown>> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-ffi", "--allow-read", "--allow-net=127.0.0.1", WORKER.pathname, mode, `${count}`],
    stdout: "piped",
    stderr: "piped",
  });
  const child = command.spawn();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, PATIENCE_MS);
  const { code, signal, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert(!late, `${mode} did not end by itself within ${PATIENCE_MS} ms: ${out}${err}`);
  assertEquals([code, signal], [0, null], `${mode}: ${out}${err}`);
  return JSON.parse(out ?? "");
}

Deno.test("zeromq: 250 fresh connections shake hands and echo", async () => {
  const result = await work("pairs", 250);
  assertEquals(result["pairs"], 250);
});

Deno.test("zeromq: 100 000 messages each way over both patterns, none lost, clean exit with full queues", async () => {
  const { received } = await work("volume", 100_000);
  assertEquals(received, [100_000, 100_000, 100_000, 100_000]);
});

Deno.test("zeromq: small queues and restarts in the middle of traffic", async () => {
  const { received } = await work("restart", 3000);
  assertEquals(received, Array(12).fill(3000));
});

Deno.test("zeromq: 100 clients of one process wait with one call, and a ring reaches each of them at once", async () => {
  const { together, inTurn, rescues, waitedOut } = await work("crowd", 100);
  assertEquals([together, inTurn], [300, 200]);
  // Where the machine is busy, a timer may fire while its ring is on its way; lost rings would show in most questions.
  assert(Number(rescues) < 20, `${rescues} of 200 waits were ended by the safety net`);
  assert(Number(waitedOut) < 50, `${waitedOut} of 200 answers came only when the safety net made room for them`);
});
