/** Leaders in office (§14) in real processes: deactivated, with a term of office, and for a replica that lost its disk. */
import { assert, assertEquals } from "@std/assert";
import type { ReplicaReport } from "../../replica/status/status.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { Observer } from "../../tasks/support/observer.ts";
import { eventsOf } from "../../tasks/support/process_events.ts";
import { assertEqualLogs, waitForLeader } from "./support/agreement.ts";
import { watchPauses } from "./support/watch_pauses.ts";
import { withLocalCluster } from "./support/with_local_cluster.ts";
import { startCounting } from "./support/workload.ts";

const T = 1000;
const CONSTANTS = { electionTimeoutMs: T, patienceMs: 2 * T };

/** Runs `during` while eight writers write without a break; no write may fail. Returns the longest time in which none was acknowledged. */
async function underLoad(cluster: LocalCluster, during: () => Promise<void>): Promise<number> {
  const load = startCounting(await cluster.client("c1"), 8, { thinkMs: 0 });
  await eventually("load runs", () => load.acknowledged >= 100, 60_000);
  const pauses = watchPauses(() => load.acknowledged);
  try {
    await during();
    const seen = load.acknowledged;
    await eventually("writes go on", () => load.acknowledged >= seen + 100, 60_000);
  } finally {
    pauses.end();
  }
  await load.stop();
  await load.check(await cluster.client("c1"));
  return pauses.longestMs;
}

const statusOf = async (observer: Observer, id: string): Promise<ReplicaReport | null> =>
  (await observer.statuses([id]))[0] ?? null;

Deno.test("§14.5 the leader is deactivated under load: it hands over first, no write fails, and it comes back", () =>
  withLocalCluster({ constants: CONSTANTS }, async (cluster) => {
    await cluster.startAll();
    const [observer, operator] = [await Observer.of(cluster, "c2"), await cluster.client("operator")];
    const longestMs = await underLoad(cluster, async () => {
      for (let i = 0; i < 2; i++) {
        const { leader, term } = await waitForLeader(observer, cluster.ids);
        await operator.setActive(leader, false);
        const others = cluster.ids.filter((id) => id !== leader);
        const next = await waitForLeader(observer, others, (status) => status.term > term);
        assertEquals(next.term, term + 1, "the election failed");
        const [past] = (await statusOf(observer, next.leader))!.offices.past.slice(-1);
        assertEquals([past!.leader, past!.wantedFor], [leader, "hand-over"]);
        const { active, leader: known } = (await statusOf(observer, leader))!;
        assertEquals([active, known], [false, next.leader], "it went before it knew the next leader");
        await operator.setActive(leader, true);
      }
    });
    console.log(`deactivated twice: longest pause ${Math.round(longestMs)} ms`);
    assert(longestMs < T, `the longest pause took ${longestMs} ms`);
    await assertEqualLogs(observer, cluster.ids);
  }));

Deno.test("§14.6 with a term of office every replica leads in turn under load, and no write fails", () =>
  withLocalCluster({ constants: { ...CONSTANTS, officeMs: 4 * T } }, async (cluster) => {
    await cluster.startAll();
    const observer = await Observer.of(cluster, "c2");
    const led = new Map<string, number>();
    const longestMs = await underLoad(cluster, () =>
      eventually("every replica has led", async () => {
        const { leader, term } = await waitForLeader(observer, cluster.ids);
        led.set(leader, term);
        return led.size === cluster.ids.length;
      }, 60_000).then(() => {}));
    console.log(`${led.size} terms of office: longest pause ${Math.round(longestMs)} ms`);
    assert(longestMs < T, `the longest pause took ${longestMs} ms`);
    const reasons = cluster.ids.flatMap((id) => eventsOf(cluster.process(id), "leader"))
      .filter(({ before }) => before !== null).map(({ suspectedFor }) => suspectedFor);
    assert(reasons.length > 8 && reasons.every((reason) => reason === "hand-over"), `${reasons}`);
    await assertEqualLogs(observer, cluster.ids);
  }));

Deno.test("§14.5 a replica that lost its disk is a full member again without anybody's help, though its leader serves well", () =>
  withLocalCluster({ constants: { ...CONSTANTS, electionTimeoutCapMs: 4 * T } }, async (cluster) => {
    await cluster.startAll();
    const observer = await Observer.of(cluster, "c2");
    const { leader, term } = await waitForLeader(observer, cluster.ids);
    const lost = cluster.ids.find((id) => id !== leader)!;
    await underLoad(cluster, async () => {
      await cluster.process(lost).kill();
      await Deno.remove(cluster.dataDir(lost), { recursive: true });
      await cluster.start(lost, "--recover");
      await eventually("it is a full member", async () => {
        const status = await statusOf(observer, lost);
        return status !== null && status.role !== "learner" && status.recovery === null;
      }, 60_000);
    });
    const begun = eventsOf(cluster.process(leader), "hand-over-begun");
    assertEquals(begun.map(({ reason, learner }) => [reason, learner]), [["learner", lost]]);
    assertEquals((await waitForLeader(observer, cluster.ids)).term, term + 1);
    await assertEqualLogs(observer, cluster.ids);
  }));
