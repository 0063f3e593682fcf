/** f replicas down: progress. f + 1 down: none, exit code 3, no wrong answer; and progress again when they return. */
import { assert, assertEquals } from "@std/assert";
import { DenoProcess } from "../../tasks/support/deno_process.ts";
import type { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { Observer } from "../../tasks/support/observer.ts";
import { assertEqualLogs } from "./support/agreement.ts";
import { withLocalCluster } from "./support/with_local_cluster.ts";

/** Runs one client command as a separate process. */
async function runClient(cluster: LocalCluster, ...args: string[]) {
  await using process = new DenoProcess("client", "client/main.ts", [...cluster.credentials("c2"), "--json", ...args]);
  const { code } = await process.exited;
  await Promise.all([process.stdout.ended, process.stderr.ended]);
  return { code, json: JSON.parse(process.stdout.lines.join("\n")) };
}

for (const replicas of [4, 7]) {
  const f = Math.floor((replicas - 1) / 3);
  Deno.test(`${replicas} replicas: serve with ${f} down, not with ${f + 1}, and again when they return`, () =>
    withLocalCluster({ replicas }, async (cluster) => {
      await cluster.startAll();
      const client = await cluster.client("c1");
      await client.put("a", "1");
      const down = cluster.ids.slice(0, f + 1);
      for (const id of down.slice(0, f)) await cluster.process(id).kill();
      const second = await client.put("a", "2", { timeoutMs: 60_000 });
      await cluster.process(down[f]!).kill();
      const [late, read] = await Promise.all([
        runClient(cluster, "--timeout-ms", "3000", "put", "a", "3"),
        runClient(cluster, "--timeout-ms", "3000", "get", "a"),
      ]);
      assertEquals(late.code, 3, JSON.stringify(late.json));
      assertEquals(late.json.ok, false);
      assertEquals(read.code, 3, `a read was answered without a quorum: ${JSON.stringify(read.json)}`);
      await Promise.all(down.map((id) => cluster.start(id)));
      const after = await client.get("a", { timeoutMs: 60_000 });
      // The write that timed out may have been executed or not; anything else would be wrong.
      assert(after.found && ["2", "3"].includes(new TextDecoder().decode(after.value)));
      assert(after.found && after.revision >= second.revision);
      await client.put("a", "4", { timeoutMs: 60_000 });
      const observer = await Observer.of(cluster, "c3");
      await assertEqualLogs(observer, cluster.ids);
    }));
}
