/** First starts of real processes: once by keygen's permission; a lost or unmounted directory is refused with 2 and both ways on. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DenoProcess } from "../../../tasks/support/deno_process.ts";
import { eventsOf } from "../../../tasks/support/process_events.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";

Deno.test("a replica whose directory is gone is not begun anew: exit code 2, what to do, and nothing created", () =>
  withLocalCluster({ replicas: 1 }, async (cluster) => {
    const client = await cluster.client("c1");
    const first = await cluster.start("r1");
    await client.put("a", "1");
    assertEquals(eventsOf(first, "first-start").length, 1);
    await first.end();
    const data = cluster.dataDir("r1");
    const again = await cluster.start("r1");
    assertEquals(eventsOf(again, "first-start"), []);
    await again.end();
    await Deno.rename(data, `${data}-unmounted`);
    // --init is a mistake too: a note beside the key says that r1 ran.
    for (const flags of [[], ["--init"]]) {
      const args = [...cluster.credentials("r1"), "--data", data, ...flags];
      await using refused = await DenoProcess.replica(args);
      assertEquals((await refused.exited).code, 2);
      await refused.stderr.ended;
      const said = refused.stderr.lines.join("\n");
      for (const word of ["replica r1: --data", "r1.ran", "mount it", "--recover"]) assertStringIncludes(said, word);
      assert(!(await Deno.stat(data).then(() => true, () => false)), "it made the directory");
    }
    await Deno.rename(`${data}-unmounted`, data);
    await cluster.start("r1");
    const read = await client.get("a");
    assertEquals(read.found && new TextDecoder().decode(read.value), "1");
  }));

Deno.test("a start that fails names its replica, so that a restart loop tells whose it is", () =>
  withLocalCluster({ replicas: 1 }, async (cluster) => {
    await (await cluster.start("r1")).end();
    await Deno.truncate(`${cluster.dataDir("r1")}/replica.db`, 100);
    const args = [...cluster.credentials("r1"), "--data", cluster.dataDir("r1")];
    await using failed = await DenoProcess.replica(args);
    assertEquals((await failed.exited).code, 1);
    await failed.stderr.ended;
    const [last] = eventsOf(failed, "stopped");
    assertEquals(last?.replica, "r1");
    assertStringIncludes(String(last?.["message"]), "--recover");
  }));
