/** The health file of real processes: ok with a quorum and a leader, the reason without, gone after an orderly end. */
import { assertEquals } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";

const read = (path: string): Promise<string | null> => Deno.readTextFile(path).catch(() => null);

Deno.test("the health file says ok, then that no quorum is heard, and is gone after the end", () =>
  withLocalCluster({}, async (cluster) => {
    const file = (id: string) => `${cluster.dir}/${id}.health`;
    await Promise.all(cluster.ids.map((id) => cluster.start(id, "--health", file(id))));
    const says = (id: string, text: string) =>
      eventually(`${id} says ${text}`, async () => await read(file(id)) === `${text}\n`, 30_000);
    await Promise.all(cluster.ids.map((id) => says(id, "ok")));
    await cluster.process("r1").kill();
    await cluster.process("r2").kill();
    await says("r3", "hears no quorum");
    await cluster.process("r3").end();
    assertEquals(await read(file("r3")), null);
    assertEquals(await read(file("r1")), "ok\n", "that of a killed process stays: its age tells");
  }));
