/** A cluster at an IPv6 address: keys, replicas and clients as processes of their own. */
import { assertEquals } from "@std/assert";
import { PORTS_PER_REPLICA } from "../../../crypto/roster/generate_cluster.ts";
import { findFreePorts } from "../../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { withTempDirectory } from "../../support/temp_directory.ts";
import { runProcess } from "../support/run_process.ts";

const HOST = "::1";
const REPLICAS = 4;
const PATIENCE_MS = 60_000;

const hasIpv6 = (): boolean => {
  try {
    Deno.listen({ hostname: HOST, port: 0 }).close();
    return true;
  } catch {
    return false;
  }
};

Deno.test({
  name: "keygen --host ::1, four replicas that listen there or everywhere, and a client process serve",
  ignore: !hasIpv6(),
  fn: () =>
    withTempDirectory(async (parent) => {
      const dir = `${parent}/cluster`;
      const basePort = findFreePorts(REPLICAS * PORTS_PER_REPLICA, HOST);
      const keys = ["--out", dir, "--host", HOST, "--base-port", `${basePort}`];
      assertEquals((await runProcess("keygen", "tasks/keygen.ts", ...keys)).code, 0);
      await using cluster = await LocalCluster.open({ dir, replicas: REPLICAS, clients: 2, basePort });
      assertEquals(cluster.roster.replicas.map(({ host }) => host), [HOST, HOST, HOST, HOST]);
      const [first, ...others] = cluster.ids;
      // Both kinds at once: it listens at all addresses there are.
      await Promise.all([cluster.start(first!, "--bind", "::"), ...others.map((id) => cluster.start(id))]);
      const client = (...args: string[]) =>
        runProcess("client", "client/main.ts", ...cluster.credentials("c1"), "--timeout-ms", `${PATIENCE_MS}`, ...args);
      assertEquals((await client("put", "address", HOST)).code, 0);
      assertEquals(await client("get", "address"), { code: 0, out: HOST, error: "" });
      const answered = JSON.parse((await client("--json", "status")).out) as { reachable: number };
      assertEquals(answered.reachable, REPLICAS);
      for (const id of cluster.ids) {
        const complaints = cluster.process(id).stderr.lines.filter((line) => !line.includes('"level":"info"'));
        assertEquals(complaints, []);
      }
    }),
});
