/** Restarts every replica in turn under load: each leader hands over (§14.5), so that no write fails and none waits for an election by timer. */
import { assert, assertEquals } from "@std/assert";
import { DEFAULT_CONSTANTS } from "../../crypto/roster/constants.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import { Observer } from "../../tasks/support/observer.ts";
import { assertEqualLogs, waitForLeader } from "./support/agreement.ts";
import { watchPauses } from "./support/watch_pauses.ts";
import { withLocalCluster } from "./support/with_local_cluster.ts";
import { startCounting } from "./support/workload.ts";

Deno.test("every replica is restarted in turn under load, each while it leads: no write fails, and each names the next leader", () =>
  withLocalCluster({ replicas: 4 }, async (cluster) => {
    await cluster.startAll();
    const observer = await Observer.of(cluster, "c2");
    const load = startCounting(await cluster.client("c1"), 8, { thinkMs: 0 });
    await eventually("load runs", () => load.acknowledged >= 100, 60_000);
    const pauses = watchPauses(() => load.acknowledged);
    const restarted = new Set<string>();
    try {
      while (restarted.size < cluster.ids.length) {
        const { leader, term } = await waitForLeader(observer, cluster.ids);
        const process = cluster.process(leader);
        assertEquals((await process.end()).code, 0);
        assert(process.stderr.lines.some((line) => line.includes(`"event":"hand-over"`)), `${leader} named nobody`);
        const others = cluster.ids.filter((id) => id !== leader);
        await waitForLeader(observer, others, (status) => status.term > term);
        await cluster.start(leader);
        restarted.add(leader);
        const seen = load.acknowledged;
        await eventually("writes go on", () => load.acknowledged >= seen + 100, 60_000);
      }
    } finally {
      pauses.end();
    }
    await load.stop();
    await load.check(await cluster.client("c1"));
    await assertEqualLogs(observer, cluster.ids);
    console.log(`longest pause ${Math.round(pauses.longestMs)} ms`);
    assert(pauses.longestMs < DEFAULT_CONSTANTS.electionTimeoutMs, `the longest pause took ${pauses.longestMs} ms`);
  }));

Deno.test("§14.5 a leader without a quorum waits for its hand-over, and a second signal stops it at once", () =>
  withLocalCluster({ replicas: 4, constants: { electionTimeoutMs: 4000, patienceMs: 8000 } }, async (cluster) => {
    await cluster.startAll();
    const observer = await Observer.of(cluster, "c2");
    const { leader } = await waitForLeader(observer, cluster.ids);
    await Promise.all(cluster.ids.filter((id) => id !== leader).map((id) => cluster.process(id).kill()));
    const process = cluster.process(leader);
    process.signal("SIGTERM");
    await process.stderr.waitFor("a hand-over", (line) => line.includes(`"event":"hand-over-begun"`), 10_000);
    assert(process.running, "it did not wait");
    const before = performance.now();
    process.signal("SIGTERM");
    assertEquals((await process.exited).code, 0);
    const tookMs = performance.now() - before;
    assert(tookMs < 2000, `it took ${tookMs} ms to stop`);
  }));
