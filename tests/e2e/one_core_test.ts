/** Starved replicas (§14.9) in real processes: all of them share one processor, and none gets to run for a while. */
import { assertEquals } from "@std/assert";
import type { Client } from "../../client/mod.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { Observer } from "../../tasks/support/observer.ts";
import { eventsOf } from "../../tasks/support/process_events.ts";
import { waitForLeader } from "./support/agreement.ts";
import { withLocalCluster } from "./support/with_local_cluster.ts";

const T = 500;
/** More than any election timeout before one has failed, which is 2T. */
const STOPPED_MS = 5 * T;
const WRITERS = 64;
const WRITES = 1000;

/** Moves all threads of the replicas to one processor, where there is a tool for that; elsewhere they are starved by being stopped alone. */
async function shareProcessor(cluster: LocalCluster): Promise<void> {
  for (const id of cluster.ids) {
    const args = ["-a", "-c", "-p", "0", `${cluster.process(id).pid}`];
    try {
      await new Deno.Command("taskset", { args, stdout: "null", stderr: "null" }).output();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** Has `WRITERS` writers write until `stop`. */
function write(client: Client) {
  let [done, stopping] = [0, false];
  const writers = Array.from({ length: WRITERS }, async (_, i) => {
    for (; !stopping; done++) await client.put(`k${i}`, `${done}`, { timeoutMs: 60_000 });
  });
  const all = Promise.all(writers);
  all.catch(() => stopping = true); // told by whoever stops
  return {
    more: (writes: number) => {
      const wanted = done + writes;
      return eventually(`${writes} more writes`, () => Promise.resolve(stopping || done >= wanted || null), 60_000);
    },
    async stop() {
      stopping = true;
      await all;
    },
  };
}

Deno.test("§14.9 replicas that share a processor, and all stand still for several election timeouts, keep their leader", () =>
  withLocalCluster({ constants: { electionTimeoutMs: T, patienceMs: 2 * T } }, async (cluster) => {
    await cluster.startAll("--log-level", "info");
    const [client, observer] = await Promise.all([cluster.client("c1"), Observer.of(cluster, "c2")]);
    await client.put("k", "v", { timeoutMs: 60_000 });
    const before = await waitForLeader(observer, cluster.ids);
    await shareProcessor(cluster);
    const load = write(client);
    await load.more(WRITES);
    for (const id of cluster.ids) cluster.process(id).signal("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
    for (const id of cluster.ids) cluster.process(id).signal("SIGCONT");
    await load.more(WRITES);
    await load.stop();
    assertEquals(await waitForLeader(observer, cluster.ids), before);
    for (const id of cluster.ids) {
      const events = eventsOf(cluster.process(id));
      const late = events.filter(({ event, lateMs }) => event === "starved" && Number(lateMs) > STOPPED_MS / 2);
      assertEquals([id, late.length], [id, 1]);
      assertEquals(
        events.filter(({ event, leader }) => event === "suspect" && leader !== null),
        [],
        `${id} suspected it`,
      );
    }
  }));
