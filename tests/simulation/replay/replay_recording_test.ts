import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConfigError } from "../../../crypto/config_error.ts";
import { Chain } from "../../../replica/recording/chain.ts";
import { KvStore } from "../../../state_machine/mod.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";
import { type Difference, replayRecording } from "./replay_recording.ts";
import { recordInMemory } from "./replay_recording_sink.ts";

interface Recorded {
  readonly text: string;
  readonly commitIndex: number;
  readonly commitHash: string;
}

/** Records `r1` of four replicas from an empty disk, with writes and an election in it. */
async function record(): Promise<Recorded> {
  const { sink, recorder } = recordInMemory();
  await using cluster = MemoryCluster.start({}, { r1: { recorder } });
  const client = cluster.client("c1");
  for (let i = 0; i < 5; i++) await client.put(`k${i}`, "v", { timeoutMs: 60_000 });
  const { replica } = cluster.nodes.get("r1")!;
  const { leader, term } = await eventually("a leader", () => {
    const status = replica.status();
    return status.leader === null ? null : { leader: status.leader, term: status.term };
  });
  const down = leader === "r1" ? "r2" : leader;
  await cluster.stop(down);
  if (down === leader) await eventually("the next leader", () => replica.status().term > term, 30_000);
  for (let i = 0; i < 5; i++) await client.put(`k${i}`, "w", { timeoutMs: 60_000 });
  await cluster.stop("r1");
  recorder.end("stopped");
  const { commitIndex, commitHash } = replica.status();
  return { text: sink.text, commitIndex, commitHash };
}

let recorded: Promise<Recorded> | null = null;
/** Returns the one recording that serves all tests. */
const recording = (): Promise<Recorded> => recorded ??= record();

/** The members of each line. */
type Members = Record<string, unknown>;

/** Returns the recording with `edit` applied to the members of its lines, and checks that hold again. */
function rewritten(text: string, edit: (members: Members) => Members | null): string {
  const chain = new Chain();
  const lines = text.trimEnd().split("\n").map((line) => {
    const { check: _, ...members } = JSON.parse(line) as Members;
    return edit(members);
  });
  let step = 0;
  return lines.filter((members) => members !== null).map((members) => {
    const counted = "step" in members
      ? { ...members, step: ++step }
      : "end" in members
      ? { ...members, steps: step }
      : members;
    return `${chain.line(counted)}\n`;
  }).join("");
}

async function differenceOf(text: string): Promise<Difference | null> {
  return (await replayRecording({ text })).difference;
}

/** Returns the first step of the recording for which `wanted` holds. */
function findStep(text: string, wanted: (members: Members) => boolean): number {
  const found = text.trimEnd().split("\n").map((line) => JSON.parse(line) as Members).find(wanted);
  return Number(found?.["step"]);
}

Deno.test("a recorded replica replays alike and ends where it stood", async () => {
  const { text, commitIndex, commitHash } = await recording();
  const result = await replayRecording({ text });
  assertEquals([result.difference, result.ending], [null, { kind: "closed", reason: "stopped" }]);
  assertEquals([result.commitIndex, result.commitHash, result.replica], [commitIndex, commitHash, "r1"]);
  assert(commitIndex >= 10 && result.leaders.length >= 1);
  assertEquals(rewritten(text, (members) => members), text);
});

Deno.test("each part of the outputs is compared, and the first step that differs is named", async () => {
  const { text } = await recording();
  for (const part of ["verdict", "persist", "messages", "replies"] as const) {
    const step = findStep(text, (members) => typeof members[part] === "string");
    const changed = rewritten(text, (members) => members["step"] === step ? { ...members, [part]: "other" } : members);
    const found = await differenceOf(changed);
    assertEquals([found?.step, found?.part, found?.recorded], [step, part, "other"]);
    assert(found!.replayed !== null && found!.replayed !== "other");
    assertEquals((await replayRecording({ text: changed })).ending, null);
  }
});

Deno.test("another input, another order or another seed does not go unnoticed", async () => {
  const { text } = await recording();
  const isPacket = (members: Members) => (members["input"] as unknown[] | undefined)?.[0] === "packet";
  const persisted = findStep(text, (members) => isPacket(members) && members["persist"] !== null);
  const without = rewritten(text, (members) => members["step"] === persisted ? null : members);
  assert((await differenceOf(without))!.step >= persisted);
  const seeded = rewritten(
    text,
    (members) => "seed" in members ? { ...members, seed: Number(members["seed"]) ^ 1 } : members,
  );
  const late = rewritten(text, (members) => "now" in members ? { ...members, now: 0 } : members);
  for (const changed of [seeded, late]) assert(await differenceOf(changed) !== null);
});

Deno.test("a record changed behind the recorder's back is the first difference", async () => {
  const { text } = await recording();
  const lines = text.split("\n");
  lines[20] = lines[20]!.replace(/"now":\d+/, '"now":1');
  const result = await replayRecording({ text: lines.join("\n") });
  assertEquals([result.steps, result.difference?.step, result.difference?.part], [19, 20, "record"]);
  await assertRejects(() => replayRecording("/nowhere/at/all.jsonl"), ConfigError, "cannot be read");
});

Deno.test("what made a core give up is in the recording, and makes the replay give up alike", async () => {
  class Fragile extends KvStore {
    #applied = 0;
    override apply(...args: Parameters<KvStore["apply"]>): Uint8Array {
      if (++this.#applied === 3) throw new RangeError("one command too many");
      return super.apply(...args);
    }
  }
  const { sink, recorder } = recordInMemory();
  await using cluster = MemoryCluster.start({ replicas: 1 }, { r1: { recorder, machine: new Fragile() } });
  const client = cluster.client("c1");
  const { running } = cluster.nodes.get("r1")!;
  const writes = Promise.allSettled([client.put("a", "1"), client.put("b", "2"), client.put("c", "3")]);
  await assertRejects(() => running, RangeError, "one command too many");
  recorder.end("RangeError");
  const alike = await replayRecording({ text: sink.text }, { machine: new Fragile() });
  assertEquals([alike.difference, alike.ending], [null, { kind: "closed", reason: "RangeError" }]);
  const { difference } = await replayRecording({ text: sink.text });
  assertEquals([difference?.part, difference?.recorded], ["verdict", "threw RangeError: one command too many"]);
  assertEquals([difference?.step, difference?.replayed], [alike.steps, "accept"]);
  await client.close();
  await writes;
});

Deno.test("the transcript tells inputs, words and states, and times since the start", async () => {
  const { text } = await recording();
  const lines: string[] = [];
  await replayRecording({ text }, { transcript: (line) => lines.push(line) });
  assertEquals(
    lines[0]!.replace(/:[0-9a-f]{4}/g, ""),
    "      0.0 r1 is term 0 follower of nobody, log 0, acked none, prepared 0/0, commit 0",
  );
  for (
    const wanted of [/r1 ← r[234]: AppendEntriesResponse/, /r1 → r2 r3 r4: /, / r1 is term \d+ (leader|follower of)/]
  ) {
    assert(lines.some((line) => wanted.test(line)), String(wanted));
  }
  assertEquals(lines.filter((line) => !/^ *\d+\.\d r1 /.test(line)), []);
});
