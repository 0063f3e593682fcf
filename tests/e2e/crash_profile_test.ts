/** The `crash` profile (§1.4) in real processes: one of three may be down or without its disk, and everybody says what it is. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CRASH_WARNING } from "../../protocol/config.ts";
import { DenoProcess } from "../../tasks/support/deno_process.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { endRecovery, hasState, loseDisk } from "../../tasks/support/lost_disk.ts";
import { Observer } from "../../tasks/support/observer.ts";
import { eventsOf } from "../../tasks/support/process_events.ts";
import { assertEqualLogs, waitForLeader } from "./support/agreement.ts";
import { withLocalCluster } from "./support/with_local_cluster.ts";
import { startCounting, writeMany } from "./support/workload.ts";

const FLAGS = ["--log-level", "info"] as const;
const PATIENCE_MS = 60_000;

const withCrashCluster = (body: (cluster: LocalCluster) => Promise<void>, fastReads = false): Promise<void> => {
  const short = { electionTimeoutMs: 500, patienceMs: 1000, checkpointEvery: 20, logTail: 10, fastReads };
  return withLocalCluster({ replicas: 3, libzmq: [], constants: { profile: "crash", ...short } }, async (cluster) => {
    await cluster.startAll(...FLAGS);
    await body(cluster);
  });
};

Deno.test("crash profile: its leader is killed, a disk is lost, and what was written stays", () =>
  withCrashCluster(async (cluster) => {
    const [client, observer] = await Promise.all([cluster.client("c1"), Observer.of(cluster, "c2")]);
    await writeMany(client, 50, 2);
    const { leader } = await waitForLeader(observer, cluster.ids);
    await cluster.process(leader).kill();
    await client.put("k", "after the leader", { timeoutMs: PATIENCE_MS });
    await cluster.start(leader, ...FLAGS);
    await assertEqualLogs(observer, cluster.ids);
    const led = await waitForLeader(observer, cluster.ids);
    const id = cluster.ids.find((other) => other !== led.leader)!;
    await loseDisk(cluster, id);
    await writeMany(client, 50, 2);
    await cluster.start(id, "--recover", ...FLAGS);
    const level = Math.max(...(await observer.statuses(cluster.ids)).map(({ commitIndex }) => commitIndex));
    await hasState(observer, id, level, PATIENCE_MS);
    const load = startCounting(client, 2, { prefix: "back" });
    await endRecovery(cluster, observer, id, FLAGS);
    await load.stop();
    await assertEqualLogs(observer, cluster.ids);
    assertEquals((await client.get("k", { timeoutMs: PATIENCE_MS })).found, true);
    const statuses = await observer.statuses(cluster.ids);
    assertEquals(statuses.map(({ profile }) => profile), ["crash", "crash", "crash"]);
    assertEquals(statuses.map(({ crypto }) => crypto.signed + crypto.verified), [0, 0, 0]);
    assertEquals(
      statuses.flatMap(({ refused }) => Object.keys(refused).filter((kind) => /speaker|signature/.test(kind))),
      [],
    );
  }));

Deno.test("crash profile: log, status and client commands say it, and clear text is refused", () =>
  withCrashCluster(async (cluster) => {
    for (const id of cluster.ids) {
      const [first] = eventsOf(cluster.process(id)).filter(({ level }) => level === "warn");
      assertEquals([first?.event, first?.["profile"], first?.["note"]], ["profile", "crash", CRASH_WARNING]);
    }
    assertStringIncludes((await clientSays(cluster, "put", "a", "1")).error, CRASH_WARNING);
    const { out, error, code } = await clientSays(cluster, "status");
    assertEquals(code, 0);
    assertStringIncludes(out, "profile: crash");
    assertStringIncludes(error, CRASH_WARNING);
    const json = JSON.parse((await clientSays(cluster, "--json", "status")).out);
    assertEquals([json.profile, json.quorum, json.replicas[0].status.profile], ["crash", 2, "crash"]);
    const clear = await clientSays(cluster, "--insecure-plaintext", "get", "a");
    assert(clear.code === 2 && clear.error.includes("they alone tell who speaks"), clear.error);
  }));

Deno.test("crash profile: fast reads are Q equal answers, unsigned as all the rest", () =>
  withCrashCluster(async (cluster) => {
    const client = await cluster.client("c1");
    await client.put("k", "v", { timeoutMs: PATIENCE_MS });
    await eventually("a fast read", async () => {
      const { found, fast } = await client.fastRead("k", { timeoutMs: PATIENCE_MS });
      return found && fast;
    }, PATIENCE_MS);
    assertEquals(client.report.dropped.forged + client.report.dropped.misdirected, 0);
  }, true));

async function clientSays(cluster: LocalCluster, ...words: string[]) {
  const args = [...cluster.credentials("c3"), ...words];
  await using process = new DenoProcess("client", "client/main.ts", args);
  const { code } = await process.exited;
  await Promise.all([process.stdout.ended, process.stderr.ended]);
  return { code, out: process.stdout.lines.join("\n"), error: process.stderr.lines.join("\n") };
}
