/**
 * Disks that refuse writes under running replicas, and take them again (§4.1): nothing is lost, nothing false is signed, no help is needed.
 */
import { assert, assertEquals, assertIsError, assertRejects, assertStringIncludes } from "@std/assert";
import { NoQuorumError } from "../../../client/mod.ts";
import { sha256Hex } from "../../../crypto/digest.ts";
import { Recorder, type RecordingSink } from "../../../replica/recording/mod.ts";
import type { ReplicaParts } from "../../../replica/replica.ts";
import type { ReplicaReport } from "../../../replica/status/status.ts";
import { openDiskStorage, reopenDiskStorage } from "../../../replica/storage/disk/disk_storage.ts";
import { openMemoryStorage } from "../../../replica/storage/memory/memory_storage.ts";
import { StorageError } from "../../../replica/storage/port.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { replayRecording } from "../../simulation/replay/replay_recording.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";

const statusOf = (cluster: MemoryCluster, id: string): ReplicaReport => cluster.nodes.get(id)!.replica.status();

const idsOf = (cluster: MemoryCluster): string[] => cluster.roster.replicas.map(({ id }) => id);

/** Returns the one leader that all of `ids` name. */
const leaderOf = (cluster: MemoryCluster, ids = idsOf(cluster)) =>
  eventually("one leader named by all", () => {
    const leaders = new Set(ids.map((id) => statusOf(cluster, id).leader));
    return leaders.size === 1 && [...leaders][0];
  }, 30_000);

/** Waits until all of `ids` have committed the same log and have the same state. */
const levelAt = (cluster: MemoryCluster, ids = idsOf(cluster)) =>
  eventually("equal logs and states", () => {
    const statuses = ids.map((id) => statusOf(cluster, id));
    const points = statuses.map((s) => `${s.commitIndex} ${s.commitHash} ${s.appliedIndex} ${JSON.stringify(s.state)}`);
    return new Set(points).size === 1 && statuses[0]!.state.appliedIndex === statuses[0]!.commitIndex && statuses[0];
  }, 30_000);

const refusedAt = (cluster: MemoryCluster, id: string) =>
  eventually(`${id} says that its disk refuses`, () => statusOf(cluster, id).storage.state === "refused");

/** Writes all the time while `body` runs; returns how many writes were acknowledged, each in one of the values of `n`. */
async function underWrites(cluster: MemoryCluster, body: () => Promise<void>): Promise<number> {
  const client = cluster.client("c1");
  let [done, over] = [0, false];
  const writing = (async () => {
    while (!over) await client.put("n", String(done++), { timeoutMs: 60_000 });
  })();
  try {
    await body();
  } finally {
    over = true;
    await writing;
  }
  const read = await client.get("n");
  assertEquals(read.found && new TextDecoder().decode(read.value), String(done - 1));
  return done;
}

/** Returns what a replica has signed, handed to the network and committed. */
const footprint = ({ crypto, transport, term, commitIndex, commitHash, lastIndex }: ReplicaReport) => ({
  ...{ signed: crypto.signed, sent: transport.sent, term, commitIndex, commitHash, lastIndex },
});

/** Lets the disk of `id` refuse in the middle of writes and take them again, and asserts what every participant sees. */
async function assertSurvives(cluster: MemoryCluster, id: string): Promise<void> {
  const others = idsOf(cluster).filter((other) => other !== id);
  cluster.disk(id).refusing = "no space left";
  await refusedAt(cluster, id);
  const { guard, hardState, commitIndex, entries } = cluster.disk(id);
  const held = { guard, hardState, length: entries.length };
  const before = statusOf(cluster, id);
  assertEquals([before.role, before.leader, before.commitIndex], ["follower", null, commitIndex]);
  assertEquals([before.term, before.lastIndex], [hardState.currentTerm, entries.length]);
  const beyond = Math.max(...others.map((other) => statusOf(cluster, other).commitIndex)) + 20;
  await eventually("the others go on", () => others.every((o) => statusOf(cluster, o).commitIndex > beyond), 30_000);
  const after = statusOf(cluster, id);
  assertEquals(footprint(after), footprint(before));
  const disk = cluster.disk(id);
  assertEquals({ guard: disk.guard, hardState: disk.hardState, length: disk.entries.length }, held);
  await assertAnswersStatus(cluster, id);
  cluster.disk(id).refusing = null;
  await eventually(`${id} is back`, () => statusOf(cluster, id).storage.state === "ok", 30_000);
  await eventually(`${id} follows`, () => statusOf(cluster, id).commitIndex > beyond, 30_000);
}

/** Asserts that a client is told of it, and that nothing but the answers to it was signed. */
async function assertAnswersStatus(cluster: MemoryCluster, id: string): Promise<void> {
  const lines = await cluster.client("c2").getStatus();
  const line = lines.find(({ replica }) => replica === id);
  if (!line?.reachable) throw new Error(`${id} did not answer: ${JSON.stringify(line)}`);
  const { storage, active } = line.status as unknown as ReplicaReport;
  assertEquals([storage.state, active], ["refused", true]);
  assertStringIncludes(storage.message!, "no space left");
}

class MemorySink implements RecordingSink {
  text = "";
  closed = false;
  write(line: string): void {
    assert(!this.closed);
    this.text += `${line}\n`;
  }
  flush(): void {}
  close(): void {
    this.closed = true;
  }
}

/** Creates parts that keep what a replica recorded and logged. */
function witness() {
  const [sink, events] = [new MemorySink(), [] as string[]];
  const parts: Partial<ReplicaParts> = {
    recorder: new Recorder(sink, (reason) => events.push(`lost: ${reason}`)),
    log: { log: (_, event) => void events.push(event) },
  };
  return { sink, events, parts };
}

Deno.test("a follower's disk refuses in the middle of writes: the others go on, it says so and signs nothing, then catches up", async () => {
  const [third, fourth] = [witness(), witness()];
  await using cluster = MemoryCluster.start({}, { r3: third.parts, r4: fourth.parts });
  await cluster.client("c2").put("a", "1");
  const [id, { events, sink }] = await leaderOf(cluster) === "r4" ? ["r3", third] : ["r4", fourth];
  await underWrites(cluster, () => assertSurvives(cluster, id));
  const { storage } = await levelAt(cluster).then(() => statusOf(cluster, id));
  assertEquals([storage.state, storage.refusals, storage.message], ["ok", 1, null]);
  // On a busy machine it looks at its disk again before there is room.
  const told = events.filter((event) => event.startsWith("storage-") && event !== "storage-refused-again");
  assertEquals(told, ["storage-refused", "storage-back"]);
  await assertRecordedUpToRefusal(sink);
});

/** Asserts that the recording ends with the core it belongs to, says why, and replays alike. */
async function assertRecordedUpToRefusal({ text, closed }: MemorySink): Promise<void> {
  const result = await replayRecording({ text });
  assertEquals([result.difference, closed], [null, true]);
  const { ending } = result;
  assert(ending?.kind === "closed" && ending.reason.includes("the disk refused"), JSON.stringify(ending));
}

Deno.test("the leader's disk refuses: another one leads, nothing acknowledged is lost, and it comes back as a follower", async () => {
  await using cluster = MemoryCluster.start();
  await cluster.client("c2").put("a", "1");
  const leader = await leaderOf(cluster);
  const { term } = statusOf(cluster, leader);
  const writes = await underWrites(cluster, () => assertSurvives(cluster, leader));
  const level = await levelAt(cluster);
  assert(level.commitIndex >= writes && level.term > term);
  assert(await leaderOf(cluster) !== leader || level.term > term + 1);
});

Deno.test("two of four disks refuse: nothing is committed and nothing is lied about; both come back, and so does the cluster", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  await client.put("a", "1");
  await levelAt(cluster);
  const leader = await leaderOf(cluster);
  const gone = [leader, idsOf(cluster).find((id) => id !== leader)!];
  for (const id of gone) cluster.disk(id).refusing = "no space left";
  await assertRejects(() => client.put("a", "2", { timeoutMs: 1500 }), NoQuorumError);
  for (const id of gone) await refusedAt(cluster, id);
  const commits = () => idsOf(cluster).map((id) => statusOf(cluster, id).commitIndex);
  const stood = commits();
  const prints = gone.map((id) => footprint(statusOf(cluster, id)));
  await assertRejects(() => cluster.client("c2").put("b", "1", { timeoutMs: 1000 }), NoQuorumError);
  assertEquals(commits(), stood);
  assertEquals(gone.map((id) => footprint(statusOf(cluster, id))), prints);
  for (const id of gone) cluster.disk(id).refusing = null;
  await client.put("a", "3", { timeoutMs: 60_000 });
  await levelAt(cluster);
  const read = await client.get("a");
  assertEquals(read.found && new TextDecoder().decode(read.value), "3");
});

Deno.test("a replica that waits for its disk stops at once when it is told to", async () => {
  await using cluster = MemoryCluster.start();
  await cluster.client("c1").put("a", "1");
  cluster.disk("r2").refusing = "read-only";
  await underWrites(cluster, () => refusedAt(cluster, "r2").then(() => {}));
  const before = performance.now();
  await cluster.stop("r2");
  assert(performance.now() - before < 500, "it waited for the disk first");
});

Deno.test("a disk that comes back older than it was ends the replica: it has forgotten what was signed", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  await client.put("a", "1");
  const old = cluster.disk("r3").clone();
  await client.put("a", "2");
  await cluster.stop("r3");
  const { clusterId, hash } = { clusterId: cluster.roster.cluster, hash: sha256Hex };
  const reopen = () => openMemoryStorage({ clusterId, hash, disk: old });
  const { running, replica } = cluster.start("r3", { reopen });
  await levelAt(cluster);
  cluster.disk("r3").refusing = "no space left";
  await underWrites(cluster, () => refusedAt(cluster, "r3").then(() => {}));
  const { signed } = replica.status().crypto;
  const errors: unknown[] = [];
  running.catch((reason) => errors.push(reason));
  const error = await eventually("r3 has ended", () => errors[0]);
  assertIsError(error, StorageError, "The disk that came back holds");
  assertEquals((error as StorageError).refused, false);
  assertEquals(replica.status().crypto.signed, signed);
});

Deno.test("a real disk that is full: the replica waits for room, and goes on with what it had", async () => {
  const dir = await Deno.makeTempDir({ prefix: "disk-refusal-" });
  try {
    await assertDiskSurvives(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

async function assertDiskSurvives(dir: string): Promise<void> {
  await using cluster = MemoryCluster.start();
  await cluster.stop("r4");
  let maxLogBytes = 600_000;
  const options = () => ({
    dir,
    clusterId: cluster.roster.cluster,
    replica: cluster.roster.replicas[3]!.id,
    maxLogBytes,
  });
  let storage = openDiskStorage(options());
  const reopen = () => {
    storage.close();
    return storage = reopenDiskStorage(options());
  };
  const client = cluster.client("c1");
  try {
    cluster.start("r4", { storage, reopen });
    const value = "v".repeat(20_000);
    for (let i = 0; statusOf(cluster, "r4").storage.state === "ok"; i++) {
      assert(i < 500, "the disk was never full");
      await client.put("big", `${i} ${value}`);
    }
    assertStringIncludes(statusOf(cluster, "r4").storage.message!, "is full");
    for (let i = 0; i < 5; i++) await client.put("n", String(i));
    maxLogBytes = 100_000_000;
    await eventually("r4 is back", () => statusOf(cluster, "r4").storage.state === "ok", 30_000);
    await client.put("n", "last");
    await levelAt(cluster);
  } finally {
    await cluster.stop("r4").catch(() => {});
    storage.close();
  }
}
