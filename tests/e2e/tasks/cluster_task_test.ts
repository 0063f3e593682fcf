/** `deno task cluster`: a cluster until Ctrl-C, and the same one again. */
import { assert, assertEquals } from "@std/assert";
import { PORTS_PER_REPLICA } from "../../../crypto/roster/generate_cluster.ts";
import { DenoProcess } from "../../../tasks/support/deno_process.ts";
import { findFreePorts } from "../../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../../tasks/support/local_cluster.ts";

const READY_MS = 60_000;

Deno.test("the cluster task serves, outlives the death of one replica, stops on Ctrl-C and goes on with the same data", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const basePort = findFreePorts(4 * PORTS_PER_REPLICA);
    const flags = ["--dir", dir, "--base-port", String(basePort)];
    const plan = { dir, basePort, replicas: 4, clients: 4 };
    {
      await using task = new DenoProcess("cluster", "tasks/cluster.ts", flags);
      await task.stdout.waitFor("the cluster is ready", (line) => line.startsWith("try: "), READY_MS);
      await using cluster = await LocalCluster.open(plan);
      const client = await cluster.client("c1");
      await client.put("kept", "yes", { timeoutMs: READY_MS });
      const pid = Number(
        /^r1 is ready \(pid (\d+)\)$/.exec(task.stdout.lines.find((line) => line.startsWith("r1 "))!)?.[1],
      );
      Deno.kill(pid, "SIGKILL");
      await task.stdout.waitFor("the death of r1 is told", (line) => line.startsWith("r1 ended by itself"), READY_MS);
      await client.put("after", "yes", { timeoutMs: READY_MS });
      task.signal("SIGINT");
      assertEquals((await task.exited).code, 0);
    }
    await using task = new DenoProcess("cluster", "tasks/cluster.ts", flags);
    await task.stdout.waitFor("the cluster is ready again", (line) => line.startsWith("try: "), READY_MS);
    await using cluster = await LocalCluster.open(plan);
    const client = await cluster.client("c2");
    for (const key of ["kept", "after"]) {
      assert((await client.get(key, { timeoutMs: READY_MS })).found, `${key} is lost`);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
