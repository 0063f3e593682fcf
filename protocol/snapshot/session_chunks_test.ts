import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type ClientId, clientId, logIndex, type Seq, seq } from "../ids.ts";
import { InvariantError } from "../invariant.ts";
import { LIMITS } from "../limits.ts";
import type { Answer } from "../message.ts";
import { freezeSessions, SESSION_CHUNK_BYTES, sessionChunks } from "./session_chunks.ts";
import { readSessions } from "./session_chunks_read.ts";
import { applyRequest, createSessionTable, type SessionTable } from "./session_table.ts";
import { sha256Hex } from "../../crypto/digest.ts";

const W = 8;
const chunksOf = (table: SessionTable): Uint8Array[] => [...sessionChunks(freezeSessions(table))];
const hexOf = (table: SessionTable): string[] => chunksOf(table).map((bytes) => bytes.toHex());

/** One request: `raise` lifts the floor above the client's last one, `ahead` is the seq's distance above that floor. */
interface Ordered {
  readonly client: number;
  readonly raise: number;
  readonly ahead: number;
  readonly bytes: number;
}
const ordered: fc.Arbitrary<Ordered> = fc.record({
  client: fc.nat(4),
  raise: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(3)),
  ahead: fc.nat(W),
  bytes: fc.oneof(
    { weight: 6, arbitrary: fc.nat(40) },
    fc.constantFrom(20_000, 33_000, SESSION_CHUNK_BYTES - 40, SESSION_CHUNK_BYTES, LIMITS.maxResultBytes),
  ),
});
const history = fc.array(ordered, { maxLength: 40, size: "max" });

const clientAt = (at: number): ClientId => clientId(at === 4 ? "C-é" : `c${at * 7}`);

/** Applies the requests to `table` in the order of a log, from index `from` on. */
function order(table: SessionTable, given: readonly Ordered[], from = 1): void {
  for (const [i, { client: at, raise, ahead, bytes }] of given.entries()) {
    const client = clientAt(at);
    const floor = seq((table.sessions.get(client)?.floor ?? 0) + raise);
    const request = { kind: "SendRequest", client, floor, seq: seq(floor + ahead), command: new Uint8Array() } as const;
    applyRequest(table, request, logIndex(from + i), () => new Uint8Array(bytes).fill(i));
  }
}

function tableOf(given: readonly Ordered[]): SessionTable {
  const table = createSessionTable(W);
  order(table, given);
  return table;
}

Deno.test("§8.3 a table comes back from its chunks, which keep to their bounds", () => {
  fc.assert(
    fc.property(history, (given) => {
      const table = tableOf(given);
      const chunks = chunksOf(table);
      assert(chunks.every(({ length }) => length <= LIMITS.maxChunkBytes));
      const back = readSessions(chunks, W);
      assertEquals(back, table);
      assertEquals(hexOf(back), chunks.map((bytes) => bytes.toHex()));
    }),
    { numRuns: 60 },
  );
});

Deno.test("§8.3 a restored table and its original stay equal, and equal tables have equal chunks", () => {
  fc.assert(
    fc.property(history, history, (before, after) => {
      const table = tableOf(before);
      const back = readSessions(chunksOf(table), W);
      for (const each of [table, back]) order(each, after, before.length + 1);
      assertEquals(hexOf(back), hexOf(table));
    }),
    { numRuns: 40 },
  );
});

Deno.test("§8.2 a frozen table stays as it was while requests go on", () => {
  fc.assert(
    fc.property(history, history, (before, after) => {
      const table = tableOf(before);
      const was = hexOf(table);
      const frozen = freezeSessions(table);
      order(table, after, before.length + 1);
      assertEquals([...sessionChunks(frozen)].map((bytes) => bytes.toHex()), was);
    }),
    { numRuns: 40 },
  );
});

Deno.test("§8.3 the chunks of a client that rests do not change when others go on", () => {
  const busy = (client: number, bytes = 10): Ordered => ({ client, raise: 1, ahead: 0, bytes });
  const table = tableOf([busy(0), busy(1, 70_000), busy(1, 70_000), busy(3)]);
  const before = new Set(hexOf(table));
  order(table, [busy(0), busy(2)], 10);
  assertEquals(hexOf(table).map((each) => before.has(each)), [false, false, true, true]);
});

const answer = (number: number, bytes: number, floor = 0): Answer => ({
  ...{ seq: seq(number), index: logIndex(number + 1), outcome: "applied", floor: seq(floor) },
  result: new Uint8Array(bytes).fill(number),
});
type Session = readonly [client: string, floor: number, ...answers: Answer[]];
const tableWith = (...sessions: readonly Session[]): SessionTable => ({
  window: W,
  sessions: new Map(sessions.map(([client, floor, ...answers]) => [
    clientId(client),
    { floor: seq(floor), answers: new Map(answers.map((each) => [each.seq, each])) },
  ])),
});
const one = (...session: Session): Uint8Array => {
  const chunks = chunksOf(tableWith(session));
  assertEquals(chunks.length, 1);
  return chunks[0]!;
};

Deno.test("§8.3 the chunks of a known table are what they were when replicas certified them", () => {
  const table = tableWith(["c2", 7], ["c1", 3, answer(9, 0, 2), answer(4, 2, 3)]);
  assertEquals(hexOf(table), [
    [
      "0002" + "6331" + "0000000000000003",
      "0000000000000004" + "0000000000000005" + "0000000000000003" + "00000002" + "0404",
      "0000000000000009" + "000000000000000a" + "0000000000000002" + "00000000",
    ].join(""),
    "0002" + "6332" + "0000000000000007",
  ]);
});

Deno.test("§8.3 answers are cut into chunks at the last place before the bound, a long one stands alone", () => {
  const lengths = (...sizes: number[]) =>
    chunksOf(tableWith(["c1", 0, ...sizes.map((bytes, i) => answer(i, bytes))])).map((bytes) => bytes.length);
  const [header, framing] = [12, 28];
  const fits = SESSION_CHUNK_BYTES - header - framing;
  assertEquals(lengths(), [header]);
  assertEquals(lengths(fits), [SESSION_CHUNK_BYTES]);
  assertEquals(lengths(fits - framing, 0), [SESSION_CHUNK_BYTES]);
  assertEquals(lengths(fits - framing, 1), [SESSION_CHUNK_BYTES - framing, header + framing + 1]);
  assertEquals(lengths(fits, 0, 0), [SESSION_CHUNK_BYTES, header + 2 * framing]);
  const long = LIMITS.maxResultBytes;
  assertEquals(lengths(5, long, 5), [45, header + framing + long, 45]);
});

const refused = (chunks: readonly Uint8Array[], message: string) => {
  assertThrows(() => readSessions(chunks, W), RangeError, message);
};

Deno.test("§8.3 chunks out of order, doubled, cut elsewhere or of impossible sessions are refused in words", () => {
  const [c1, c2] = [one("c1", 0, answer(0, 3)), one("c2", 0)];
  assertEquals(readSessions([c1, c2], W).sessions.size, 2);
  refused([c2, c1], "Session chunk 1 holds client c1 behind c2, clients must ascend");
  refused([c1, c1], "Session chunk 1 holds seq 0 behind 0, seqs must ascend");
  refused([c2, c2], "Session chunk 1 goes on with a client and holds none of its answers");
  refused([c1, one("c1", 0, answer(1, 3))], "Session chunk 1 begins with seq 1, which has room in the chunk before it");
  refused([c2, one("c2", 0, answer(1, 70_000))], "begins with seq 1, which has room in the chunk before it");
  refused([c1, one("c1", 1, answer(1, 70_000))], "gives client c1 floor 1, the chunk before it floor 0");
  const both = [one("c1", 0, answer(0, 40_000)), one("c1", 0, answer(1, 40_000))] as const;
  assertEquals(readSessions(both, W).sessions.size, 1);
  refused(
    [Uint8Array.of(...both[0], ...both[1].subarray(12))],
    "has 80068 bytes in 2 answers, more than 65536 are allowed to one",
  );
  refused([both[1], both[0]], "holds seq 0 behind 1, seqs must ascend");
  refused([one("c1", 0, answer(8, 0))], "holds seq 8, outside the window of 8 from 0");
  refused([one("c1", 9, answer(8, 0))], "holds seq 8, outside the window of 8 from 9");
  refused([one("c1", 2, answer(4, 0, 3))], "says seq 4 was applied at floor 3, with a window of 8 now at 2");
  refused([one("c1", 9, answer(9, 0, 1))], "says seq 9 was applied at floor 1, with a window of 8 now at 9");
  refused([one("c1", 0, { ...answer(0, 0), index: logIndex(0) })], "says seq 0 was applied at index 0");
});

Deno.test("§8.3 bytes that are no session are refused in words", () => {
  const c1 = one("c1", 0, answer(0, 3));
  refused([new Uint8Array()], "Session chunk 0 does not begin with a client and its floor");
  refused([c1.with(1, 200)], "does not begin with a client");
  refused([Uint8Array.of(0, 0, ...new Uint8Array(8))], "does not begin with a client");
  refused([c1.with(4, 255)], "does not begin with a client");
  refused([c1.subarray(0, -1)], "ends inside an answer or holds a malformed one, behind 0 good ones");
  refused([Uint8Array.of(...c1, 0)], "ends inside an answer or holds a malformed one, behind 1 good ones");
  refused([new Uint8Array(LIMITS.maxChunkBytes + 1)], "has 655361 bytes, at most 655360 are allowed");
  const tooLong = one("c1", 0, answer(0, LIMITS.maxResultBytes + 1));
  refused([tooLong], "ends inside an answer or holds a malformed one, behind 0 good ones");
});

Deno.test("§8.3 more clients than a roster can have are refused", () => {
  const many = Array.from({ length: LIMITS.maxClients + 1 }, (_, i) => one(`c${String(i).padStart(5, "0")}`, 1));
  assertEquals(readSessions(many.slice(1), W).sessions.size, LIMITS.maxClients);
  refused(
    many,
    `Session chunk ${LIMITS.maxClients} holds one client too many, at most ${LIMITS.maxClients} are allowed`,
  );
});

Deno.test("§8.3 whatever byte changes, the chunks are refused or are those of another table", () => {
  const chunks = chunksOf(tableWith(
    ["c1", 3, answer(4, 2, 3), answer(9, 3, 2)],
    ["c2", 7],
    ["c3", 0, answer(0, 40_000), answer(1, 40_000)],
  ));
  assertEquals(chunks.length, 4);
  fc.assert(
    fc.property(fc.nat(3), fc.nat(90), fc.integer({ min: 1, max: 255 }), (which, at, flip) => {
      const bytes = chunks[which]!;
      const place = at % bytes.length;
      const given = chunks.with(which, bytes.with(place, bytes[place]! ^ flip));
      try {
        const table = readSessions(given, W);
        assertEquals(chunksOf(table).map(sha256Hex), given.map(sha256Hex));
      } catch (error) {
        assert(error instanceof RangeError && error.message.startsWith("Session chunk "), String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("§8.3 an answer that no session keeps is our own mistake", () => {
  const ahead: Answer = { ...answer(0, 0), outcome: "ahead" };
  assertThrows(() => one("c1", 0, ahead), InvariantError, "seq 0, which is ahead, has an answer in its session");
});

Deno.test("§8.3 a read result keeps its own bytes only, not the chunk's", () => {
  const { answers } = readSessions([one("c1", 0, answer(0, 3))], W).sessions.get(clientId("c1"))!;
  assertEquals(answers.get(0 as Seq)!.result.buffer.byteLength, 3);
});
