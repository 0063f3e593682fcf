/** Recorded runs in which snapshots are written, started from and fetched replay alike (§8.2, §8.3). */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Client } from "../../../client/mod.ts";
import { RecordingReader } from "../../../replica/recording/mod.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";
import { replayRecording } from "./replay_recording.ts";
import { recordInMemory } from "./replay_recording_sink.ts";

const CONSTANTS = { electionTimeoutMs: 150, patienceMs: 200, checkpointEvery: 5, logTail: 2 };

/** Writes `count` keys, one after the other, so that each is an entry of its own. */
async function write(client: Client, count: number, from = 0): Promise<void> {
  for (let i = from; i < from + count; i++) await client.put(`k${i}`, `v${i}`, { timeoutMs: 60_000 });
}

/** Waits until `id` has a stable checkpoint at or above `index`, and has applied as much as any other. */
async function untilStable(cluster: MemoryCluster, id: string, index: number): Promise<void> {
  const status = () => cluster.nodes.get(id)!.replica.status();
  const highest = () => Math.max(...cluster.statuses().map(({ appliedIndex }) => appliedIndex));
  await eventually(`a stable checkpoint at ${index}`, () => (status().checkpoint?.index ?? 0) >= index, 30_000);
  await eventually("everything applied", () => status().appliedIndex === highest(), 30_000);
}

/** Ends the recording of r1 and replays it; returns the kinds of its inputs, the packet's for packets. */
async function replayed(cluster: MemoryCluster, { sink, recorder }: ReturnType<typeof recordInMemory>) {
  const { replica } = cluster.nodes.get("r1")!;
  await cluster.stop("r1");
  recorder.end("stopped");
  const { commitIndex, commitHash } = replica.status();
  const lines: string[] = [];
  const result = await replayRecording({ text: sink.text }, { transcript: (line) => lines.push(line) });
  assertEquals([result.difference, result.ending], [null, { kind: "closed", reason: "stopped" }]);
  assertEquals([result.commitIndex, result.commitHash], [commitIndex, commitHash]);
  const reader = await RecordingReader.open([sink.text]);
  const kinds = new Set<string>();
  for await (const { input } of reader.steps()) kinds.add(input.kind === "packet" ? input.packet.kind : input.kind);
  return { kinds, start: reader.start, result, transcript: lines.join("\n") };
}

Deno.test("a run in which checkpoints become stable and log is dropped replays alike", async () => {
  const recording = recordInMemory();
  await using cluster = MemoryCluster.start({ constants: CONSTANTS }, { r1: { recorder: recording.recorder } });
  await write(cluster.client("c1"), 23);
  await untilStable(cluster, "r1", 20);
  const { kinds, start, transcript } = await replayed(cluster, recording);
  assert(kinds.has("snapshot") && kinds.has("Checkpoint"), [...kinds].join(" "));
  assertMatch(transcript, /r1 ← r[234]: Checkpoint 20:[0-9a-f]{4} state [0-9a-f]{4}\n/);
  assertMatch(transcript, /r1 is term .*, checkpoint 20\n/);
  assertEquals([start.recovered.checkpoint, start.recovered.base, [...start.chunks.digests()]], [null, null, []]);
});

Deno.test("a run that starts from a stable checkpoint carries its snapshot, and replays alike", async () => {
  await using cluster = MemoryCluster.start({ constants: CONSTANTS });
  const client = cluster.client("c1");
  await write(client, 23);
  await untilStable(cluster, "r1", 20);
  await cluster.stop("r1");
  const recording = recordInMemory();
  cluster.start("r1", { recorder: recording.recorder });
  await write(client, 12, 23);
  await untilStable(cluster, "r1", 30);
  const { kinds, start, result } = await replayed(cluster, recording);
  assert(kinds.has("snapshot"), [...kinds].join(" "));
  const { stable } = start.recovered.checkpoint!;
  assert(stable.index >= 20 && start.recovered.base!.index >= 18);
  assert(start.chunks.has(stable.stateDigest) && [...start.chunks.digests()].length >= 5);
  assert(result.appliedIndex > stable.index);
});

Deno.test("a run that fetches a snapshot replays alike", async () => {
  const recording = recordInMemory();
  await using cluster = MemoryCluster.start({ constants: CONSTANTS });
  const client = cluster.client("c1");
  await write(client, 3);
  await cluster.stop("r1");
  await write(client, 30, 3);
  cluster.start("r1", { recorder: recording.recorder });
  await write(client, 8, 33);
  await untilStable(cluster, "r1", 35);
  const { kinds, start, transcript } = await replayed(cluster, recording);
  assert(kinds.has("FetchChunksResponse"), [...kinds].join(" "));
  assertMatch(transcript, /FetchEntriesResponse from \d+ \[\].*, checkpoint \d+:[0-9a-f]{4} state [0-9a-f]{4} by r/);
  assertMatch(transcript, /r1 is term .*, fetches the snapshot of \d+\n/);
  assertMatch(transcript, /r1 → r[234]: FetchChunks( [0-9a-f]{4})+\n/);
  assertMatch(transcript, /r1 ← r[234]: FetchChunksResponse with \d+ chunks?, \d+ bytes:( [\da-f]{4})+\n/);
  assertEquals(start.recovered.checkpoint, null);
});
