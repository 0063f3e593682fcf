import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ConfigError } from "../../crypto/config_error.ts";
import { sha256Hex } from "../../crypto/digest.ts";
import { DEFAULT_CONSTANTS } from "../../crypto/roster/constants.ts";
import type { ChainedEntry } from "../../protocol/entry.ts";
import { clientId, replicaId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Chunk } from "../../protocol/ports.ts";
import { certificate, checkpointProof, entry, evidence, head, term } from "../../tests/support/arbitraries.ts";
import * as arbitraries from "../../tests/support/arbitraries.ts";
import { packets } from "../../tests/support/packet_arbitraries.ts";
import type { Input } from "../core/input.ts";
import type { PersistOperation, Recovered } from "../core/log/durable_state.ts";
import type { Outputs } from "../core/output.ts";
import { ignore, reject } from "../core/verdict.ts";
import { EMPTY_RECOVERED } from "../storage/empty.ts";
import { StorageError } from "../storage/port.ts";
import { Chain } from "./chain.ts";
import {
  DamagedRecordError,
  printOutputs,
  RecordedChunks,
  type RecordedStep,
  Recorder,
  RecordingFile,
  RecordingReader,
  type RecordingSink,
  type RecordingStart,
} from "./mod.ts";

class MemorySink implements RecordingSink {
  text = "";
  closed = 0;
  write(line: string): void {
    this.text += `${line}\n`;
  }
  flush(): void {}
  close(): void {
    this.closed++;
  }
}

const chunkOf = (bytes: Uint8Array): Chunk => ({ digest: sha256Hex(bytes), bytes });

const startWith = (recovered: Recovered, chunks: readonly Chunk[] = []): RecordingStart => ({
  config: {
    clusterId: "test",
    self: replicaId("r2"),
    replicas: ["r1", "r2", "r3", "r4"].map(replicaId),
    clients: new Set(["c2", "c1"].map(clientId)),
    constants: DEFAULT_CONSTANTS,
    seed: -7,
  },
  roster: '{"roster":{}}\n',
  recovered,
  chunks: new RecordedChunks(chunks),
  startedAt: 12.345678901234567,
  byzantine: null,
});

const outputs = (changes: Partial<Outputs> = {}): Outputs => ({
  verdict: { verdict: "accept" },
  ...{ persist: [], messages: [], replies: [], events: [] },
  ...changes,
});

const chained: fc.Arbitrary<ChainedEntry> = fc.tuple(entry, arbitraries.digest).map(([each, hash]) => ({
  entry: each,
  digest: sha256Hex(each.body),
  hash,
}));
const recovered: fc.Arbitrary<Recovered> = fc.record({
  genesis: fc.option(fc.record({
    epoch: fc.integer({ min: 2 }),
    index: arbitraries.logIndex,
    hash: arbitraries.digest,
    stateDigest: arbitraries.digest,
  })),
  hardState: fc.record({
    currentTerm: term,
    vote: fc.option(fc.record({ candidate: arbitraries.replicaId, base: arbitraries.certified })),
    ack: fc.option(head),
    noMoreAcks: fc.boolean(),
    preVoted: term,
    recovery: fc.option(fc.record({ nonce: arbitraries.digest, bar: fc.option(term) })),
  }),
  base: fc.option(head),
  entries: fc.array(chained, { maxLength: 3 }),
  prepared: fc.option(certificate),
  branch: fc.array(chained, { maxLength: 2 }),
  commitIndex: arbitraries.logIndex,
  commitCertificate: fc.option(certificate.filter((each) => each.kind === "commit")),
  evidence: fc.array(evidence, { maxLength: 2 }),
  checkpoint: fc.option(checkpointProof),
  transfer: fc.option(checkpointProof),
});
const chunks = fc.array(arbitraries.bytes(200).map(chunkOf), { maxLength: 4 });

const { SendRequest: _s, RegisterSession: _o, UpdateLeader: _u, ClientHello: _h, FastReads: _f, ...others } = packets;
const { GetCheckpoint: _p, GetChunks: _k, GetEntries: _e, GetEpochs: _n, GetFeed: _d, ...earlier } = others;
const { GetCommittedCommand: _c, GetStatus: _g, SetActive: _a, Reply: _r, QueryReply: _q, ReadReply: _rr, ...peers } =
  earlier;
const now = fc.double({ noNaN: true, noDefaultInfinity: true }).map((each) => Object.is(each, -0) ? 0 : each);
const stripped = packets.AppendEntries.map((packet) => ({ ...packet, entries: [] }));
const input = fc.oneof<fc.Arbitrary<unknown>[]>(
  fc.record({ kind: fc.constant("tick"), lateMs: now, now }),
  fc.record({ kind: fc.constant("flush"), now }),
  fc.record({ kind: fc.constant("apply"), limit: fc.nat(), now }),
  fc.record({ kind: fc.constant("snapshot"), maxBytes: fc.nat(), now }),
  fc.record({
    kind: fc.constant("request"),
    now,
    intervention: fc.boolean(),
    via: fc.option(arbitraries.replicaId),
    request: arbitraries.request,
  }),
  fc.record({ kind: fc.constant("bad-entry"), now, position: fc.nat(64), packet: packets.AppendEntries }),
  fc.record({ kind: fc.constant("packet"), now, packet: fc.oneof(stripped, ...Object.values(peers)) }),
) as fc.Arbitrary<Input>;

async function readAll(text: string): Promise<{ readonly reader: RecordingReader; readonly steps: RecordedStep[] }> {
  const reader = await RecordingReader.open([text]);
  const steps: RecordedStep[] = [];
  for await (const step of reader.steps()) steps.push(step);
  return { reader, steps };
}

/** A recording of a tick, a flush with a verdict, and its end. */
function shortRecording(): string {
  const sink = new MemorySink();
  const recorder = new Recorder(sink, () => assert(false, "lost"));
  recorder.begin(startWith(EMPTY_RECOVERED));
  recorder.observe({ kind: "tick", lateMs: 0, now: 1.5 }, outputs());
  recorder.observe({ kind: "flush", now: 1.5 }, outputs({ verdict: reject("bad", replicaId("r1")) }));
  recorder.gaveUp({ kind: "apply", limit: 3, now: 2 }, new RangeError("no"));
  recorder.end("stopped");
  return sink.text;
}

Deno.test("every kind of start and of input is read as it was recorded", async () => {
  await fc.assert(
    fc.asyncProperty(recovered, chunks, fc.array(input, { maxLength: 6 }), async (disk, held, inputs) => {
      const sink = new MemorySink();
      const lost: string[] = [];
      const recorder = new Recorder(sink, (reason) => lost.push(reason));
      recorder.begin(startWith(disk, held));
      const results = inputs.map((_, i) => outputs(i % 2 === 0 ? {} : { verdict: ignore("late") }));
      for (const [i, each] of inputs.entries()) recorder.observe(each, results[i]!);
      recorder.end("done");
      assertEquals(lost, []);
      const { reader, steps } = await readAll(sink.text);
      assertEquals(reader.start, startWith(disk, held));
      const back = [...reader.start.chunks.digests()].map((digest) => reader.start.chunks.read(digest));
      assertEquals(
        back.map((bytes) => chunkOf(bytes!)),
        [...new Map(held.map((each) => [each.digest, each])).values()]
          .sort((a, b) => a.digest < b.digest ? -1 : 1),
      );
      assertEquals(steps.map((step) => step.input), inputs);
      assertEquals(steps.map(({ print }) => print), results.map(printOutputs));
      assertEquals(reader.ending, { kind: "closed", reason: "done" });
    }),
    { numRuns: 60 },
  );
});

Deno.test("verdicts stand in words, what the core threw too", async () => {
  const { steps } = await readAll(shortRecording());
  assertEquals(steps.map(({ step, print }) => [step, print.verdict]), [
    [1, "accept"],
    [2, "reject bad r1"],
    [3, "threw RangeError: no"],
  ]);
});

Deno.test("a recording cut anywhere behind its start is read up to there and says so", async () => {
  const text = shortRecording();
  const startEnds = text.indexOf("\n") + 1;
  for (let length = startEnds; length < text.length; length++) {
    const { reader, steps } = await readAll(text.slice(0, length));
    assertEquals(steps.length, Math.min(3, text.slice(startEnds, length).split("\n").length - 1));
    assertEquals(reader.ending?.kind, "cut");
  }
  for (let length = 0; length < startEnds; length += 7) {
    await assertRejects(() => readAll(text.slice(0, length)), ConfigError, "wanted one that reaches its first step");
  }
});

Deno.test("a line changed, left out, doubled or moved is found at its step", async () => {
  const lines = shortRecording().split("\n");
  const [start, one, two, three, end] = lines as [string, string, string, string, string];
  const cases: readonly (readonly [readonly string[], number])[] = [
    [[start, one, two.replace('"now":1.5', '"now":1.6'), three, end], 2],
    [[start, two, three, end], 1],
    [[start, one, one, two], 2],
    [[start, one, three, two, end], 2],
    [[start, one, two, end], 3],
    [[start, one, "{}", three], 2],
    [[start, one, `${two.slice(0, -20)}`, three], 2],
  ];
  for (const [kept, step] of cases) {
    const error = await assertRejects(() => readAll(`${kept.join("\n")}\n`), DamagedRecordError);
    assertEquals(error.step, step);
  }
});

Deno.test("what is no recording, or one of another version, is refused in words", async () => {
  await assertRejects(() => readAll("hello\n"), ConfigError, "wanted one of a recording");
  const sink = new MemorySink();
  new Recorder(sink, () => {}).begin({ ...startWith(EMPTY_RECOVERED), byzantine: "x" });
  await assertRejects(() => readAll(sink.text.replace('"recording":4', '"recording":5')), ConfigError, "was changed");
  const later = `${new Chain().line({ recording: 1 })}\n`;
  await assertRejects(() => readAll(later), ConfigError, "$.recording: given 1, wanted 4");
  await assertRejects(() => RecordingReader.open([`${"x".repeat(9_000_000)}`]), ConfigError, "a line of more than");
});

Deno.test("a chunk of the longest is one line, and one that the disk has lost ends the recording", async () => {
  const long = chunkOf(new Uint8Array(LIMITS.maxChunkBytes).fill(7));
  const sink = new MemorySink();
  const lost: string[] = [];
  const recorder = new Recorder(sink, (reason) => lost.push(reason));
  recorder.begin(startWith(EMPTY_RECOVERED, [long]));
  recorder.end("done");
  assertEquals((await readAll(sink.text)).reader.start.chunks.read(long.digest), long.bytes);
  const losing = { has: () => true, read: () => null, digests: () => [long.digest] };
  new Recorder(new MemorySink(), (reason) => lost.push(reason)).begin({
    ...startWith(EMPTY_RECOVERED),
    chunks: losing,
  });
  assertEquals(lost, [`Error: chunk ${long.digest} is listed among those held and is not there`]);
});

Deno.test("a step in which the disk refused to be read is left out, its word stands at the end", async () => {
  const sink = new MemorySink();
  const recorder = new Recorder(sink, (reason) => assert(false, reason));
  recorder.begin(startWith(EMPTY_RECOVERED));
  recorder.observe({ kind: "tick", lateMs: 0, now: 1 }, outputs());
  recorder.gaveUp({ kind: "tick", lateMs: 0, now: 2 }, new StorageError("disk I/O error", { refused: true }));
  recorder.end("StorageError: disk I/O error");
  const { reader, steps } = await readAll(sink.text);
  assertEquals([steps.length, reader.ending], [1, { kind: "closed", reason: "StorageError: disk I/O error" }]);
});

Deno.test("written chunks count by their digests", () => {
  const printOf = (persist: PersistOperation[]) => printOutputs(outputs({ persist })).persist;
  const [one, two] = [1, 2].map((byte) => chunkOf(new Uint8Array(100).fill(byte))) as [Chunk, Chunk];
  const print = printOf([{ op: "chunks", chunks: [one] }]);
  assertEquals(printOf([{ op: "chunks", chunks: [{ ...one, bytes: new Uint8Array() }] }]), print);
  assert(printOf([{ op: "chunks", chunks: [two] }]) !== print);
  assert(printOf([{ op: "chunks", chunks: [one, two] }]) !== print);
  assert(printOf([{ op: "drop-chunks", digests: [one.digest] }]) !== print);
});

Deno.test("a sink that fails ends the recording with one word about it, and nothing else", () => {
  const sink = new MemorySink();
  const lost: [string, number][] = [];
  const recorder = new Recorder(sink, (reason, steps) => lost.push([reason, steps]));
  recorder.begin(startWith(EMPTY_RECOVERED));
  recorder.observe({ kind: "flush", now: 1 }, outputs());
  sink.flush = () => {
    throw new Error("No space left on device");
  };
  for (let i = 0; i < 3; i++) recorder.observe({ kind: "flush", now: 2 }, outputs());
  recorder.gaveUp({ kind: "tick", lateMs: 0, now: 3 }, new Error("x"));
  recorder.end("stopped");
  assertEquals(lost, [["Error: No space left on device", 2]]);
  assertEquals(sink.closed, 1);
});

Deno.test("a recording's file is new, private, and gone again where the replica did not start", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const path = `${dir}/run.jsonl`;
    const file = RecordingFile.create(path);
    file.write("a");
    assertEquals(Deno.statSync(path).size, 0);
    file.flush();
    file.write("é".repeat(200_000));
    file.flush();
    file.close();
    assertEquals(Deno.readTextFileSync(path), `a\n${"é".repeat(200_000)}\n`);
    if (Deno.build.os !== "windows") assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
    const again = assertThrows(() => RecordingFile.create(path), ConfigError);
    assertStringIncludes(again.message, "--record: ");
    assertStringIncludes(again.message, "never overwritten");
    assertThrows(() => RecordingFile.create(`${dir}/none/run.jsonl`), ConfigError, "cannot be made");
    RecordingFile.create(`${dir}/other`).discard();
    assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), ["run.jsonl"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
