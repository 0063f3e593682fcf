/** A short run of `bench:capacity`. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { DenoProcess } from "../tasks/support/deno_process.ts";
import { withTempDirectory } from "../tests/support/temp_directory.ts";
import type { Capacity } from "./capacity/feed.ts";

Deno.test("a follower alone takes all that it was sent when it was recorded, and answers", async () => {
  await withTempDirectory(async (dir) => {
    const json = `${dir}/capacity.json`;
    const args = ["--clients", "16", "--seconds", "2", "--runs", "2", "--json", json];
    await using process = new DenoProcess("demo", "bench/capacity.ts", args);
    const { code } = await process.exited;
    assertEquals([code, process.stderr.lines], [0, []]);
    const { runs }: { readonly runs: readonly Capacity[] } = JSON.parse(await Deno.readTextFile(json));
    assertEquals(runs.length, 2);
    for (const { commands, entries, cpuSeconds, verified, signed, transactions, ...rates } of runs) {
      assert(commands > 0 && entries > 0 && cpuSeconds > 0);
      assertAlmostEquals(rates.commandsPerCoreSecond, commands / cpuSeconds, 1e-6 * commands / cpuSeconds);
      // It checks every entry, and signs acks and answers; it need not write each entry by itself.
      assert(verified * commands > entries && signed > 0 && transactions > 0);
    }
  });
});
