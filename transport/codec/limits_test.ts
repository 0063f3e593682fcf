/** The limits and rules of each field, on both sides of the bound, decoding and encoding. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { clientId, type Digest, digest, logIndex, replicaId, seq, term } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Answer, Message } from "../../protocol/message.ts";
import { encodeGroup } from "../../protocol/operations/group.ts";
import { messages } from "../../tests/support/arbitraries.ts";
import { packets } from "../../tests/support/packet_arbitraries.ts";
import {
  DecodeError,
  type DecodeErrorCode,
  decodeMessage,
  decodeReplyPacket,
  encodeMessage,
  encodePacket,
  encodeReplyPart,
  type MessageOf,
} from "./mod.ts";

const sample = <M>(arbitrary: fc.Arbitrary<M>): M => fc.sample(arbitrary, { seed: 7, numRuns: 1 })[0]!;
const HASH = digest("ab".repeat(32));
const r1 = replicaId("r1");

const response: MessageOf<"AppendEntriesResponse"> = {
  ...sample(messages.AppendEntriesResponse),
  replica: r1,
  acks: [{ index: logIndex(4), hash: HASH }, { index: logIndex(7), hash: HASH }],
};
const header: MessageOf<"AppendEntries"> = { ...sample(messages.AppendEntries), leader: r1, entryHashes: [HASH] };
const request: MessageOf<"SendRequest"> = { ...sample(messages.SendRequest), seq: seq(9), floor: seq(3) };

const NOTHING = new Uint8Array(0);
/** The mode stands before the command and its length. */
const modeAt = encodeMessage(request).length - request.command.length - 4 - 1;

/** Bytes before the first field: version and kind; then the term, then `r1` after its length. */
const TERM = 2;
const ID = TERM + 8;
const ACK_COUNT = ID + 3;
const ACKS = ACK_COUNT + 4;
const HEAD_BYTES = 40;

function patched(message: Message, at: number, bytes: readonly number[]): Uint8Array {
  const body = encodeMessage(message);
  body.set(bytes, at);
  return body;
}

function assertRefused(kind: Message["kind"], body: Uint8Array, code: DecodeErrorCode, field: string): void {
  const error = assertThrows(() => decodeMessage(kind, body), DecodeError);
  assertEquals([error.code, error.where.split(" ")[0]], [code, `${kind}.${field}`], error.message);
}

function partOf(answers: readonly Answer[]) {
  const message = { client: clientId("c1"), answers };
  return { message, body: encodeReplyPart(message) };
}

const unencodable = (message: Message, wanted: string) =>
  assertStringIncludes(assertThrows(() => encodeMessage(message), RangeError).message, wanted);

Deno.test("integers above 2^53 - 1 are refused, the largest safe one is not", () => {
  const largest = [0, 0x1f, 255, 255, 255, 255, 255, 255];
  const accepted = decodeMessage("AppendEntriesResponse", patched(response, TERM, largest));
  assertEquals<number>(accepted.term, Number.MAX_SAFE_INTEGER);
  for (const bytes of [[0, 0x20, 0, 0, 0, 0, 0, 0], Array(8).fill(255), [0x80, 0, 0, 0, 0, 0, 0, 1]]) {
    assertRefused("AppendEntriesResponse", patched(response, TERM, bytes), "bad-value", "term");
  }
  for (const bad of [2 ** 53, -1, 0.5, NaN]) unencodable({ ...response, term: term(bad) }, "term: wanted an integer");
});

Deno.test("ids are 1 to 64 characters of one alphabet", () => {
  for (const bad of ["-a", ".x", " a", "a b", "é1", "a\u0000", "_1"]) {
    unencodable({ ...response, replica: replicaId(bad) }, "replica: wanted 1 to 64 characters");
    const bytes = [...new TextEncoder().encode(bad)].slice(0, 2);
    assertRefused("AppendEntriesResponse", patched(response, ID + 1, bytes), "bad-value", "replica");
  }
  for (const bad of ["", "a".repeat(65)]) unencodable({ ...response, replica: replicaId(bad) }, "replica");
  for (const bad of [0, 65, 255]) {
    assertRefused("AppendEntriesResponse", patched(response, ID, [bad]), "bad-value", "replica");
  }
  const longest = replicaId("A" + "z0._-".repeat(12) + "abc");
  const body = encodeMessage({ ...response, replica: longest });
  assertEquals(decodeMessage("AppendEntriesResponse", body).replica, longest);
});

Deno.test("a digest in memory is 64 lower-case digits and nothing else", () => {
  for (const bad of ["AB".repeat(32), "ab".repeat(31), "ab".repeat(33), "gg".repeat(32), "\u0161b".repeat(32), ""]) {
    unencodable({ ...response, commitHash: digest(bad) }, "commitHash: wanted 64 lower-case hexadecimal digits");
  }
});

Deno.test("a claim of 2^32 - 1 items or bytes is refused before anything is allocated", () => {
  const most = [255, 255, 255, 255];
  assertRefused("AppendEntriesResponse", patched(response, ACK_COUNT, most), "too-large", "acks");
  const body = encodeMessage(request);
  body.set(most, body.length - request.command.length - 4);
  assertRefused("SendRequest", body, "too-large", "command");
});

Deno.test("a count within its limit that the bytes left cannot hold is refused at once", () => {
  assertRefused("AppendEntriesResponse", patched(response, ACK_COUNT, [0, 0, 0, LIMITS.maxAcks]), "truncated", "acks");
});

Deno.test("§5.4: acks ascend strictly by index", () => {
  assertEquals(decodeMessage("AppendEntriesResponse", encodeMessage(response)).acks.length, 2);
  for (const index of [4, 3, 0]) {
    const body = patched(response, ACKS + HEAD_BYTES, [0, 0, 0, 0, 0, 0, 0, index]);
    const error = assertThrows(() => decodeMessage("AppendEntriesResponse", body), DecodeError);
    assertStringIncludes(error.message, "wanted acks ascending by index, ack 1 is not");
    unencodable({ ...response, acks: [response.acks[0]!, { index: logIndex(index), hash: HASH }] }, "ascending");
  }
});

Deno.test("lists stop at their limits", () => {
  const heads = (count: number) => Array.from({ length: count }, (_, i) => ({ index: logIndex(i), hash: HASH }));
  const full = encodeMessage({ ...response, acks: heads(LIMITS.maxAcks) });
  assertEquals(decodeMessage("AppendEntriesResponse", full).acks.length, LIMITS.maxAcks);
  unencodable({ ...response, acks: heads(LIMITS.maxAcks + 1) }, "acks: wanted at most 64 items, given 65");
  unencodable({ ...header, entryHashes: Array(LIMITS.maxAppendEntries + 1).fill(HASH) }, "entryHashes");
  const answer: Answer = {
    request: HASH,
    outcome: "applied",
    index: logIndex(1),
    result: new Uint8Array(LIMITS.maxResultBytes),
  };
  const part = (...answers: Answer[]) => partOf(answers);
  part(answer, answer, answer);
  const longest = "bytes of results beyond the first answer";
  assertThrows(() => part(answer, answer, answer, answer), RangeError, longest);
  part({ ...answer, result: new Uint8Array(LIMITS.maxAnswerBytes) });
  const longer = { ...answer, result: new Uint8Array(LIMITS.maxAnswerBytes + 1) };
  assertThrows(() => part(longer), RangeError, "result");
});

Deno.test("§7.2h: a Reply has 1 to 1024 parts and a root of 32 bytes", () => {
  const reply = sample(messages.Reply);
  const partsAt = encodeMessage(reply).length - 32 - 8;
  for (const [high, low] of [[0, 0], [4, 1], [255, 255]] as const) {
    assertRefused("Reply", patched(reply, partsAt + 6, [high, low]), "bad-value", "parts");
  }
  assertEquals(decodeMessage("Reply", patched(reply, partsAt + 6, [4, 0])).parts, LIMITS.maxReplyParts);
  unencodable({ ...reply, root: digest("ab") }, "root: wanted 64 lower-case hexadecimal digits");
});

Deno.test("commands, queries and asked-for bytes stop at their limits", () => {
  const command = new Uint8Array(LIMITS.maxCommandBytes);
  assertEquals(decodeMessage("SendRequest", encodeMessage({ ...request, command })).command, command);
  const longer = new Uint8Array(LIMITS.maxCommandBytes + 1);
  unencodable({ ...request, command: longer }, "command: wanted at most 69632 bytes, given 69633");
  const reads = sample(messages.FastReads);
  assertEquals(decodeMessage("FastReads", encodeMessage({ ...reads, queries: [command] })).queries, [command]);
  const most = Array.from({ length: LIMITS.maxGroup }, () => new Uint8Array(1));
  assertEquals(decodeMessage("FastReads", encodeMessage({ ...reads, queries: most })).queries, most);
  for (const queries of [[], [longer], [command, new Uint8Array(1)], [...most, new Uint8Array(0)]]) {
    unencodable({ ...reads, queries }, "queries");
  }
  unencodable({ ...sample(messages.FetchEntries), maxBytes: LIMITS.maxFetchBytes + 1 }, "maxBytes");
});

Deno.test("§7.4, §13.2: a request is a command, a query, a group of them or a change of the roster, and nothing else", () => {
  for (const [byte, mode] of [[0, "command"], [1, "query"], [3, "roster"]] as const) {
    assertEquals(decodeMessage("SendRequest", patched(request, modeAt, [byte])).mode, mode);
  }
  assertRefused("SendRequest", patched(request, modeAt, [2]), "bad-value", "command");
  for (const byte of [4, 255]) assertRefused("SendRequest", patched(request, modeAt, [byte]), "bad-value", "mode");
  unencodable({ ...request, mode: "read" as "query" }, "mode: wanted one of command, query, group, roster");
  unencodable({ ...request, mode: "group" }, "wanted a group of 2 to 64 operations");
  const command = encodeGroup([{ mode: "command", command: Uint8Array.of(1) }, { mode: "query", command: NOTHING }]);
  assertEquals(decodeMessage("SendRequest", encodeMessage({ ...request, mode: "group", command })).command, command);
});

Deno.test("§7.1: floor is at most seq", () => {
  unencodable({ ...request, floor: seq(10) }, "wanted floor <= seq, got 10 > 9");
  const floorAt = modeAt - 8;
  const body = patched(request, floorAt, [0, 0, 0, 0, 0, 0, 0, 10]);
  assertStringIncludes(assertThrows(() => decodeMessage("SendRequest", body), DecodeError).message, "floor <= seq");
});

Deno.test("§7.1: floor and session begin at 1, and a register or a hello has all of its random bytes", () => {
  unencodable({ ...request, floor: seq(0) }, "floor: wanted at least 1, got 0");
  unencodable({ ...request, session: logIndex(0) }, "session: wanted at least 1, got 0");
  const short = new Uint8Array(LIMITS.nonceBytes - 1);
  unencodable({ ...sample(messages.RegisterSession), nonce: short }, "nonce: wanted 16 bytes, given 15");
  unencodable({ ...sample(messages.ClientHello), challenge: short }, "challenge: wanted 16 bytes, given 15");
});

Deno.test("§6.5: a vote says granted and cannot say anything else", () => {
  const vote = { ...sample(messages.Vote), candidate: r1, voter: r1 };
  const grantedAt = ID + 3 + 3;
  for (const value of [0, 2, 255]) {
    assertRefused("Vote", patched(vote, grantedAt, [value]), "bad-value", "granted");
  }
  unencodable({ ...vote, granted: false as true }, "granted");
});

Deno.test("the genesis term signs no AppendEntries, vote, vote request or PreVote", () => {
  for (const kind of ["AppendEntries", "Vote", "RequestVote", "PreVote"] as const) {
    const message = sample<Message>(messages[kind]);
    assertRefused(kind, patched(message, TERM, Array(8).fill(0)), "bad-value", "term");
  }
});

Deno.test("booleans, options and outcomes have no second spelling", () => {
  const last = (message: Message, back: number) => encodeMessage(message).length - back;
  const resend = sample(messages.ResendRequest);
  assertRefused("ResendRequest", patched(resend, last(resend, 1), [2]), "bad-value", "proofWanted");
  const reply = { ...sample(messages.Reply), leader: null };
  assertRefused("Reply", patched(reply, last(reply, 1 + 8 + 32), [2]), "bad-value", "leader");
  const answer = { request: HASH, outcome: "ahead", index: logIndex(1), result: new Uint8Array() } as const;
  const packet = { ...sample(packets.Reply), index: 0, path: [], part: partOf([answer]) };
  const frames = encodePacket(packet);
  const wrong = frames[2]!.with(-13, 8);
  const error = assertThrows(() => decodeReplyPacket(frames.with(2, wrong)), DecodeError);
  assertStringIncludes(error.message, "outcome");
});

Deno.test("the last hash of an AppendEntries stands at a safe index", () => {
  const prevIndex = logIndex(Number.MAX_SAFE_INTEGER);
  unencodable({ ...header, prevIndex }, "wanted entries at indexes up to 2^53 - 1");
  decodeMessage("AppendEntries", encodeMessage({ ...header, prevIndex, entryHashes: [] }));
});

Deno.test("§8.3: a FetchChunks asks for 1 to 64 chunks, each once", () => {
  const digests = (count: number) => Array.from({ length: count }, (_, i) => digest(i.toString(16).padStart(64, "0")));
  const ask = (asked: readonly Digest[]) => ({ ...sample(messages.FetchChunks), replica: r1, digests: asked });
  for (const count of [1, LIMITS.maxFetchChunks]) {
    assertEquals(decodeMessage("FetchChunks", encodeMessage(ask(digests(count)))).digests, digests(count));
  }
  unencodable(ask([]), "wanted at least one digest");
  unencodable(ask(digests(LIMITS.maxFetchChunks + 1)), "digests: wanted at most 64 items, given 65");
  unencodable(ask([HASH, ...digests(2), HASH]), "wanted digests that differ");
  const body = encodeMessage(ask(digests(2)));
  const [count, last] = [body.length - 2 * 32 - 1, body.length - 1];
  assertRefused("FetchChunks", body.with(last, 0), "bad-value", "digests");
  assertRefused("FetchChunks", body.with(count, 65), "too-large", "digests");
  assertRefused("FetchChunks", body.with(count, 64), "truncated", "digests");
  assertRefused("FetchChunks", body.subarray(0, count + 1).with(count, 0), "bad-value", "digests");
});

Deno.test("§8.4: a roll call is answered from the genesis term on, and asks with a nonce of 32 bytes", () => {
  const answer = { ...sample(messages.RollCallAnswer), term: term(0) };
  assertEquals(decodeMessage("RollCallAnswer", encodeMessage(answer)), answer);
  unencodable({ ...sample(messages.RollCall), nonce: digest("ab") }, "nonce: wanted 64 lower-case hexadecimal digits");
});
