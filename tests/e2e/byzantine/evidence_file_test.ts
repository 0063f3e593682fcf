/** Evidence of a real run, taken from a stopped replica's disk, convicts by the roster alone. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { EVIDENCE } from "../../../tasks/evidence.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { Observer } from "../../../tasks/support/observer.ts";
import { runTask } from "../../../tasks/support/run_task.ts";
import { runProcess } from "../support/run_process.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";

const PATIENCE_MS = 60_000;
const FAULTY = ["--byzantine", "corrupt-acks", "--unsafe-test-faults"];

Deno.test("what a replica holds against a liar is exported once it is stopped, and anyone can check it", () =>
  withLocalCluster({}, async (cluster) => {
    await Promise.all(cluster.ids.map((id) => cluster.start(id, ...(id === "r4" ? FAULTY : []))));
    const client = await cluster.client("c1");
    const observer = await Observer.of(cluster, "c3");
    await eventually("r1 holds evidence against r4", async () => {
      await client.put("a", "1");
      const [status] = await observer.statuses(["r1"]);
      return status!.evidence.some(({ culprit }) => culprit === "r4");
    }, PATIENCE_MS);
    await cluster.process("r1").end();
    const file = `${cluster.dir}/evidence.json`;
    assertEquals(await runTask(EVIDENCE, ["--data", cluster.dataDir("r1"), "--out", file], QUIET), 0);
    const args = ["--cluster", `${cluster.dir}/cluster.json`, "--operator-key", cluster.roster.operatorKey];
    const { code, out, error } = await runProcess("client", "client/main.ts", ...args, "verify", file);
    assertEquals([code, error], [0, ""]);
    assertStringIncludes(out, "evidence.json: r4 is convicted of double-ack by §9.1: in term ");
  }));

const QUIET = { out: () => {}, error: (line: string) => console.error(line) };
