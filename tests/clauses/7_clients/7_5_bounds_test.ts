/** §7.5: bounds of the core that no other test exceeds. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import type { ChainedEntry } from "../../../protocol/entry.ts";
import { clientId, type Digest, logIndex, replicaId, term } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { Reply, ReplyPart } from "../../../protocol/message.ts";
import { compactLog, tickCheckpoints } from "../../../replica/core/checkpoints/checkpoints.ts";
import { createResponseBook, recordOf } from "../../../replica/core/replication/response_book.ts";
import { step } from "../../../replica/core/step.ts";
import { encodeMessage, encodeReplyPart } from "../../../transport/codec/mod.ts";
import * as forge from "../support/forge.ts";
import { Lab } from "../support/lab.ts";

const PEERS = ["r1", "r3", "r4"];
const digestOf = (number: number): Digest => sha256Hex(new TextEncoder().encode(String(number)));

Deno.test("§5.5 §7.5 of one replica's responses a few terms are kept, the current one always", () => {
  const book = createResponseBook();
  for (let number = 1; number <= 3 * LIMITS.maxResponseTerms; number++) {
    recordOf(book, replicaId("r1"), term(number), term(2));
  }
  const kept = [...book.records.get(replicaId("r1"))!.keys()];
  assertEquals([kept.length, kept.includes(term(2))], [LIMITS.maxResponseTerms, true]);
});

Deno.test("§8.2 §7.5 of one replica's Checkpoints the newest are kept", () => {
  const lab = new Lab({ constants: { checkpointEvery: 1 } });
  for (let index = 1; index <= 2 * LIMITS.maxOpenCheckpoints; index++) {
    const head = { index: logIndex(index), hash: digestOf(index) };
    const message = { kind: "Checkpoint", replica: replicaId("r1"), ...head, stateDigest: digestOf(0) } as const;
    lab.receive({ kind: "Checkpoint", signed: forge.signAs("r1", message) });
  }
  const kept = [...lab.state.checkpoints.heard.get(replicaId("r1"))!.keys()];
  assertEquals([kept.length, Math.max(...kept)], [LIMITS.maxOpenCheckpoints, 2 * LIMITS.maxOpenCheckpoints]);
});

Deno.test("§8.2 §7.5 applying waits while there are snapshots enough in writing", () => {
  const lab = new Lab({ constants: { checkpointEvery: 1 } });
  const chain = forge.grow(forge.GENESIS, 5, 1);
  const context = lab.context();
  lab.state.log.entries.push(...chain);
  lab.state.commitIndex = logIndex(5);
  step(lab.state, { kind: "apply", limit: 1000, now: lab.now }, context.ports);
  const { appliedIndex, checkpoints: { writing } } = lab.state;
  assertEquals([Number(appliedIndex), writing.length], [LIMITS.maxSnapshotsInWriting, LIMITS.maxSnapshotsInWriting]);
});

Deno.test("§8.2 §7.5 a tick drops a bounded number of chunks", () => {
  const lab = new Lab();
  for (let i = 0; i < 3 * LIMITS.maxDroppedChunks; i++) lab.state.checkpoints.garbage.set(digestOf(i), 0);
  const context = lab.context();
  tickCheckpoints(context);
  const dropped = context.out.persist.flatMap((operation) => operation.op === "drop-chunks" ? operation.digests : []);
  assertEquals(dropped.length, LIMITS.maxDroppedChunks);
});

Deno.test("§8.2 §7.5 chunks that no snapshot needs wait for their minute, but for the earliest of more than two snapshots have", () => {
  const lab = new Lab();
  const { checkpoints } = lab.state;
  checkpoints.stableDigests = Array.from({ length: 10 }, (_, i) => digestOf(10_000 + i));
  const room = 2 * checkpoints.stableDigests.length + LIMITS.maxDroppedChunks;
  for (let i = 0; i < room + 5; i++) checkpoints.garbage.set(digestOf(i), LIMITS.chunkRetentionMs);
  const dropped = () => {
    const context = lab.context();
    tickCheckpoints(context);
    return context.out.persist.flatMap((operation) => operation.op === "drop-chunks" ? operation.digests : []);
  };
  assertEquals(dropped(), [0, 1, 2, 3, 4].map(digestOf));
  assertEquals(dropped(), []);
  lab.now = LIMITS.chunkRetentionMs;
  assertEquals(dropped().length, LIMITS.maxDroppedChunks);
});

Deno.test("§8.2 §7.5 the tail below the stable checkpoint is bounded in bytes", () => {
  const lab = new Lab({ constants: { logTail: 1000 } });
  const body = new Uint8Array(LIMITS.maxEntryBytes);
  const count = 2 * LIMITS.maxTailBytes / body.length;
  const { entries } = lab.state.log;
  for (let i = 1; i <= count; i++) {
    entries.push({ entry: { index: i, body }, hash: digestOf(i) } as unknown as ChainedEntry);
  }
  lab.state.commitIndex = logIndex(count);
  lab.state.checkpoints.stableProof = { stable: { index: count } } as never;
  compactLog(lab.context());
  const kept = entries.reduce((sum, { entry }) => sum + entry.body.length, 0);
  assert(kept <= LIMITS.maxTailBytes && kept > LIMITS.maxTailBytes - body.length - 1, `${kept} bytes`);
});

Deno.test("§7.2 §7.5 a part of a Reply holds a bounded number of answers, and a Reply of parts", () => {
  const answer = {
    request: digestOf(0),
    index: logIndex(1),
    outcome: "applied",
    result: new Uint8Array(0),
  } as const;
  const part = (count: number): ReplyPart => ({
    client: clientId("c1"),
    answers: Array.from({ length: count }, (_, i) => ({ ...answer, request: digestOf(i) })),
  });
  encodeReplyPart(part(LIMITS.maxAnswers));
  assertThrows(() => encodeReplyPart(part(LIMITS.maxAnswers + 1)), Error, "answers");
  const reply = (parts: number): Reply => ({
    ...{ kind: "Reply", replica: replicaId("r1"), term: term(1), leader: null, parts },
    root: digestOf(0),
  });
  encodeMessage(reply(LIMITS.maxReplyParts));
  for (const parts of [0, LIMITS.maxReplyParts + 1]) {
    assertThrows(() => encodeMessage(reply(parts)), RangeError, `parts: wanted 1 to 1024, got ${parts}`);
  }
});

Deno.test("§5.5 §7.5 acks further up than anybody acks are not kept", () => {
  const lab = new Lab();
  lab.follow("r1", 1);
  const at = (index: number) => ({ index: logIndex(index), hash: digestOf(index) });
  lab.receive(...forge.acksOf(PEERS, 1, at(1), at(LIMITS.maxAckWindow), at(LIMITS.maxAckWindow + 1), at(10 ** 9)));
  const kept = lab.state.responses.records.get(replicaId("r3"))!.get(term(1))!.acks;
  assertEquals([...kept.keys()].map(Number), [1, LIMITS.maxAckWindow]);
});
