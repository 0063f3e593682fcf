import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseProc, sampleProc } from "./proc_sample.ts";

const TEXT = `12 (deno) R 1 12 12 0 -1 4194304 0 0 0 0 150 50 0 0 20 0 12 0 100 0 0
7 (a) b (c) S 1 7 7 0 -1 4194304 0 0 0 0 3 4 0 0 20 0 12 0 100 0 0
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop
    lo: 1000 20 0 0 0 0 0 0 1000 20 0 0 0 0 0 0
  eth0: 5 6 0 0 0 0 0 0 7 8 0 0 0 0 0 0
`;

Deno.test("a sample has the processor time of each process, whatever its name, and what came over loopback", () => {
  const wanted = { at: 5, cpuSeconds: { r1: 2, r2: 0.07 }, loopback: { bytes: 1000, packets: 20 } };
  assertEquals(parseProc(TEXT, { r1: 12, r2: 7 }, 5), wanted);
});

Deno.test("a process that is gone is named", () => {
  assertThrows(() => parseProc(TEXT, { r3: 13 }, 5), Error, "r3 (process 13) has ended");
});

Deno.test("the kernel's own files are understood", async () => {
  const { cpuSeconds, loopback } = await sampleProc({ me: Deno.pid });
  assert(cpuSeconds["me"]! > 0 && loopback.bytes >= 0 && loopback.packets >= 0);
});
