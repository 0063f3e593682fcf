/** Recorded runs of real processes: the same core, given the same inputs, produces the same outputs at every step. */
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { Observer } from "../../../tasks/support/observer.ts";
import { replayRecording, type ReplayResult } from "../../simulation/replay/replay_recording.ts";
import { assertEqualLogs, waitForLeader } from "../support/agreement.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";
import { writeMany } from "../support/workload.ts";

const PARALLEL = 8;

const fileOf = (cluster: LocalCluster, id: string, run = 1): string => `${cluster.dir}/${id}.${run}.jsonl`;

/** Starts `id` with a recording of its own, and further flags. */
const startRecorded = (cluster: LocalCluster, id: string, run = 1, ...flags: string[]) =>
  cluster.start(id, "--log-level", "info", "--record", fileOf(cluster, id, run), ...flags);

/** Asserts that everything replayed alike and that something happened. */
async function assertReplays(path: string, ending: "closed" | "cut"): Promise<ReplayResult> {
  const result = await replayRecording(path);
  assertEquals(result.difference, null);
  assertEquals(result.ending?.kind, ending);
  assert(result.leaders.length > 0 && result.commitIndex > result.from.commitIndex, "nothing happened in it");
  return result;
}

/** Ends a replica of an idle cluster in order, which is no leader that others could follow on, and asserts that its recording ends in the replica's last state. */
async function assertEndsAlike(cluster: LocalCluster, observer: Observer, id: string, run = 1): Promise<ReplayResult> {
  const status = await observer.status(id);
  assertEquals((await cluster.process(id).end()).code, 0);
  const result = await assertReplays(fileOf(cluster, id, run), "closed");
  assertEquals(result.ending, { kind: "closed", reason: "stopped" });
  const { commitIndex, commitHash, appliedIndex } = result;
  assertEquals([commitIndex, commitHash], [status?.commitIndex, status?.commitHash]);
  assertEquals(appliedIndex, status?.appliedIndex);
  return result;
}

Deno.test("recorded replicas replay alike: a killed leader, one that saw the election, one restarted from its disk", () =>
  withLocalCluster({}, async (cluster) => {
    await Promise.all(cluster.ids.map((id) => startRecorded(cluster, id)));
    const client = await cluster.client("c1");
    const observer = await Observer.of(cluster, "c2");
    await writeMany(client, 40, PARALLEL);
    const { leader, term } = await waitForLeader(observer, cluster.ids);
    const before = await observer.status(leader);
    await cluster.process(leader).kill();
    const others = cluster.ids.filter((id) => id !== leader);
    await writeMany(client, 40, PARALLEL);
    await waitForLeader(observer, others, (status) => status.term > term);

    const killed = await assertReplays(fileOf(cluster, leader), "cut");
    assert(killed.commitIndex >= before!.commitIndex && killed.leaders.some((each) => each.leader === leader));
    const entry = await observer.entry(others[0]!, killed.commitIndex);
    assertEquals(entry.committed && entry.hash, killed.commitHash);

    await startRecorded(cluster, leader, 2);
    await writeMany(client, 20, PARALLEL);
    await assertEqualLogs(observer, cluster.ids);
    const latest = await waitForLeader(observer, cluster.ids);
    const follower = others.find((id) => id !== latest.leader)!;
    const again = await assertEndsAlike(cluster, observer, leader, 2);
    assert(again.from.commitIndex > 0 && again.from.term >= term, "it did not start from its disk");
    const saw = await assertEndsAlike(cluster, observer, follower);
    assertEquals([saw.from.commitIndex, saw.from.term], [0, 0]);
    assert(new Set(saw.leaders.map((each) => each.term)).size >= 2, "no election is in it");
  }));

Deno.test("a lying leader's core is honest: its recording replays without the lies, and so do the others'", () =>
  withLocalCluster({}, async (cluster) => {
    const faults = ["--byzantine", "equivocate", "--unsafe-test-faults"];
    await Promise.all(cluster.ids.map((id) => startRecorded(cluster, id, 1, ...(id === "r1" ? faults : []))));
    const client = await cluster.client("c1");
    const observer = await Observer.of(cluster, "c2");
    const operator = await cluster.client("operator");
    const honest = ["r2", "r3", "r4"];
    await writeMany(client, 10, PARALLEL);
    await eventually("r1 led, lied and was found out", async () => {
      await writeMany(client, 10, PARALLEL);
      const statuses = await observer.statuses(honest);
      const leader = statuses[0]?.leader ?? null;
      if (statuses.some(({ evidence }) => evidence.some(({ culprit }) => culprit === "r1"))) return true;
      if (leader !== null && leader !== "r1") await moveLead(operator, observer, leader);
      return false;
    }, 120_000);
    await cluster.process("r1").kill();
    await writeMany(client, 10, PARALLEL);
    await assertEqualLogs(observer, honest);
    const last = (await waitForLeader(observer, honest)).leader;
    const liar = await assertReplays(fileOf(cluster, "r1"), "cut");
    assertEquals([liar.byzantine, liar.replica], ["equivocate", "r1"]);
    assert(liar.leaders.some(({ leader }) => leader === "r1"));
    for (const id of [...honest.filter((each) => each !== last), last]) await assertEndsAlike(cluster, observer, id);
  }));

/** Takes leadership away from `leader` for one term. */
async function moveLead(
  operator: Awaited<ReturnType<LocalCluster["client"]>>,
  observer: Observer,
  leader: string,
): Promise<void> {
  const term = (await observer.status(leader))?.term ?? 0;
  await operator.setActive(leader, false);
  await eventually(`another leader than ${leader}`, async () => {
    const statuses = await observer.statuses(["r1", "r2", "r3", "r4"].filter((id) => id !== leader));
    return statuses.some((status) => status.term > term && status.leader !== null && status.leader !== leader);
  }, 60_000);
  await operator.setActive(leader, true);
}

Deno.test("a recording is never overwritten, and one that cannot be made is said at the start", () =>
  withLocalCluster({ replicas: 1 }, async (cluster) => {
    await startRecorded(cluster, "r1");
    const client = await cluster.client("c1");
    await client.put("a", "1");
    await cluster.process("r1").kill();
    const before = await Deno.readFile(fileOf(cluster, "r1"));
    for (
      const [path, words] of [[fileOf(cluster, "r1"), "never overwritten"], [`${cluster.dir}/no/x`, "cannot be made"]]
    ) {
      const refused = await cluster.start("r1", "--record", path!).then(() => null, (error: Error) => error);
      assertNotEquals(refused, null);
      assertStringIncludes(refused!.message, words!);
      assertEquals((await cluster.process("r1").exited).code, 2);
    }
    assertEquals(await Deno.readFile(fileOf(cluster, "r1")), before);
    const result = await replayRecording(fileOf(cluster, "r1"));
    assertEquals([result.difference, result.commitIndex >= 2], [null, true]);
    const halves = new TextDecoder().decode(before.subarray(0, before.length - 30));
    const cut = await replayRecording({ text: halves });
    assertEquals([cut.difference, cut.steps], [null, result.steps - 1]);
    assertStringIncludes(cut.ending?.kind === "cut" ? cut.ending.detail : "", `in the middle of step ${result.steps}`);
  }));
