/** `deno task cluster`: a cluster until Ctrl-C, and the same one again. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { PORTS_PER_REPLICA } from "../../../crypto/roster/generate_cluster.ts";
import { DenoProcess } from "../../../tasks/support/deno_process.ts";
import { findFreePorts, freePorts } from "../../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { runProcess } from "../support/run_process.ts";

const READY_MS = 60_000;

/** Runs the task, which has to end with 2, one line on standard error that has `wanted`, and nothing on standard output. */
async function refuses(flags: readonly string[], ...wanted: readonly string[]): Promise<void> {
  const { code, out, error } = await runProcess("cluster", "tasks/cluster.ts", ...flags);
  assertEquals([code, out, error.split("\n").length], [2, "", 1], error);
  for (const each of wanted) assertStringIncludes(error, each);
}

/** A busy port at the first start leaves nothing that a start with other ports would have to go on with. */
async function refusesBusyPort(dir: string): Promise<void> {
  const ports = freePorts(4 * PORTS_PER_REPLICA);
  using _busy = Deno.listen({ hostname: "127.0.0.1", port: ports[7]! });
  const flags = ["--dir", dir, "--base-port", `${ports[0]}`];
  await refuses(
    flags,
    `port ${ports[7]} of 127.0.0.1: given one that another process listens at`,
    "another --base-port",
  );
  assertEquals([...Deno.readDirSync(dir)], []);
}

async function refusesContradictions(dir: string, basePort: number): Promise<void> {
  const as = `as in ${dir}/cluster.json`;
  await refuses(["--dir", dir, "--base-port", `${basePort + 1}`], `given ${basePort + 1}, wanted ${basePort} ${as}`);
  await refuses(["--dir", dir, "--replicas", "7"], `--replicas: given 7, wanted 4 ${as}`);
  await refuses(["--dir", dir, "--clients", "2"], `--clients: given 2, wanted 4 ${as}`, "another --dir");
}

Deno.test("the cluster task serves, outlives the death of one replica, stops on Ctrl-C and goes on with the same data", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const basePort = findFreePorts(4 * PORTS_PER_REPLICA);
    const flags = ["--dir", dir, "--base-port", String(basePort)];
    const plan = { dir, basePort, replicas: 4, clients: 4 };
    await refusesBusyPort(dir);
    {
      await using task = new DenoProcess("cluster", "tasks/cluster.ts", flags);
      await task.stdout.waitFor("the cluster is ready", (line) => line.startsWith("try: "), READY_MS);
      await using cluster = await LocalCluster.open(plan);
      const client = await cluster.client("c1");
      await client.put("kept", "yes", { timeoutMs: READY_MS });
      await refuses(
        ["--dir", dir],
        `port ${basePort} of 127.0.0.1: given one that another process listens at`,
        "already?",
      );
      const pid = Number(
        /^r1 is ready \(pid (\d+)\)$/.exec(task.stdout.lines.find((line) => line.startsWith("r1 "))!)?.[1],
      );
      Deno.kill(pid, "SIGKILL");
      await task.stdout.waitFor("the death of r1 is told", (line) => line.startsWith("r1 ended by itself"), READY_MS);
      await client.put("after", "yes", { timeoutMs: READY_MS });
      task.signal("SIGINT");
      assertEquals((await task.exited).code, 0);
    }
    await refusesContradictions(dir, basePort);
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
