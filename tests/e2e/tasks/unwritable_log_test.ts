/** A log that cannot be written ends nothing: a whole replica whose standard output and error lead nowhere. */
import { assert, assertEquals } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { replicaGrants } from "../../../tasks/support/replica_grants.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";

const ignore = Deno.build.os !== "linux";
const ROOT = new URL("../../../", import.meta.url);

/** Starts `r1` so that nothing it says can be written. */
type Start = (args: readonly string[]) => Deno.ChildProcess;

/** `exec` makes the shell's pid the replica's. */
const onFullDisk: Start = (args) =>
  new Deno.Command("sh", {
    args: ["-c", 'exec "$0" "$@" >/dev/full 2>/dev/full', Deno.execPath(), ...args],
    cwd: ROOT,
    stdout: "null",
    stderr: "null",
  }).spawn();

const intoClosedPipes: Start = (args) => {
  const child = new Deno.Command(Deno.execPath(), { args: [...args], cwd: ROOT, stdout: "piped", stderr: "piped" })
    .spawn();
  void child.stdout.cancel();
  void child.stderr.cancel();
  return child;
};

async function commandOf(cluster: LocalCluster): Promise<string[]> {
  const args = [...cluster.credentials("r1"), "--data", cluster.dataDir("r1"), "--log-level", "debug"];
  return ["run", "-q", "--no-prompt", ...await replicaGrants(args), "replica/main.ts", ...args];
}

for (const [what, start] of [["on a full disk", onFullDisk], ["into closed pipes", intoClosedPipes]] as const) {
  Deno.test({
    name: `a replica that logs ${what} serves, counts the lines it lost, and ends on SIGTERM with 0`,
    ignore,
    fn: () =>
      withLocalCluster({ replicas: 1 }, async (cluster) => {
        const child = start(await commandOf(cluster));
        try {
          const client = await cluster.client("c1");
          assertEquals((await client.put("a", "1", { timeoutMs: 20_000 })).revision, 1);
          const lost = await eventually("it tells of lost lines", async () => {
            const [line] = await client.getStatus();
            return line?.reachable ? (line.status as { logLinesLost: number }).logLinesLost : 0;
          });
          assert(lost > 0);
          assertEquals((await client.put("a", "2")).revision, 2);
        } finally {
          child.kill("SIGTERM");
        }
        assertEquals((await child.status).code, 0);
      }),
  });
}
