import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { sha256Hex } from "../../crypto/digest.ts";
import {
  BOUNDS,
  chunksOf,
  digestAt,
  hexOf,
  history,
  order,
  type Ordered,
  tableOf,
} from "../../tests/support/session_histories.ts";
import { clientId, logIndex, type Seq, seq } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import { createLogTime } from "./log_time.ts";
import { freezeSessions, SESSION_CHUNK_BYTES, sessionChunks } from "./session_chunks.ts";
import { readSessions } from "./session_chunks_read.ts";
import type { SessionTable } from "./session_table.ts";
import type { Kept, Session } from "./session_types.ts";

Deno.test("§8.3 a table comes back from its chunks, which keep to their bounds", () => {
  fc.assert(
    fc.property(history, (given) => {
      const table = tableOf(given);
      const chunks = chunksOf(table);
      assert(chunks.every(({ length }) => length <= LIMITS.maxChunkBytes));
      const back = readSessions(chunks, BOUNDS);
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
      const back = readSessions(chunksOf(table), BOUNDS);
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
  const busy = (client: number, bytes = 10, raise = 1): Ordered => ({ client, opens: false, raise, ahead: 0, bytes });
  const table = tableOf([busy(0), busy(1), busy(0), busy(1, 70_000, 0), busy(3)]);
  order(table, [{ ...busy(0), opens: true }], 6);
  const before = new Set(hexOf(table));
  // Of client 0 only the session in use changes, of client 2 all is new, behind it all is as it was.
  order(table, [busy(0), busy(2)], 10);
  const clients = ["client 0", "session 1", "session 6", "client 1", "session 2", "client 2", "session 11"];
  assertEquals(chunksOf(table).length, clients.length + 2);
  assertEquals(hexOf(table).map((each) => before.has(each)), [
    ...[true, true, false, false, false, true, true, true, true],
  ]);
});

const kept = (number: number, bytes: number, index = number + 1): readonly [Seq, Kept] => [
  seq(number),
  { digest: digestAt(number), index: logIndex(index), result: new Uint8Array(bytes).fill(number) },
];

interface Given extends Partial<Pick<Session, "floor" | "lastUsed" | "highest">> {
  readonly id?: number;
  readonly answers?: readonly (readonly [Seq, Kept])[];
}

/** A session that looks as if its commands had made it so. */
function session({ id = 1, answers = [], ...given }: Given = {}): Session {
  const last = Math.max(id, ...answers.map(([, { index }]) => index));
  const highest = Math.max(0, ...answers.map(([number]) => number));
  return {
    ...{ id: logIndex(id), register: digestAt(id), floor: seq(1), lastUsed: logIndex(last), highest: seq(highest) },
    ...given,
    answers: new Map(answers),
    bytes: answers.reduce((sum, [, { result }]) => sum + result.length, 0),
  };
}

interface GivenClient {
  readonly floor?: number;
  readonly closed?: readonly (readonly [number, number])[];
  readonly live?: readonly Session[];
}
const tableWith = (clients: Readonly<Record<string, GivenClient>>): SessionTable => ({
  ...{ bounds: BOUNDS, genesis: logIndex(0), time: createLogTime() },
  clients: new Map(
    Object.entries(clients).map((
      [client, { closed = [], floor = Math.max(0, ...closed.map(([id]) => id)), live = [] }],
    ) => [
      clientId(client),
      {
        registerFloor: logIndex(floor),
        closed: new Map(closed.map(([id, highest]) => [logIndex(id), seq(highest)])),
        live: new Map(live.map((each) => [each.id, each])),
      },
    ]),
  ),
});
/** The chunks of one client. */
const ofClient = (client: string, given: GivenClient): Uint8Array[] => chunksOf(tableWith({ [client]: given }));

Deno.test("§8.3 the chunks of a known table are what they were when replicas certified them", () => {
  const live = [session({ id: 5, floor: seq(3), answers: [kept(9, 0), kept(4, 2)] })];
  const table = tableWith({ c2: { closed: [[7, 2], [6, 0]] }, c1: { live } });
  const word = (value: number) => value.toString(16).padStart(16, "0");
  assertEquals(hexOf(table), [
    "00" + "0002" + "6331" + word(0),
    [
      "01" + "0002" + "6331" + word(5) + digestAt(5) + word(3) + word(10) + word(9),
      word(4) + word(5) + digestAt(4) + "00000002" + "0404",
      word(9) + word(10) + digestAt(9) + "00000000",
    ].join(""),
    "00" + "0002" + "6332" + word(7) + word(7) + word(2) + word(6) + word(0),
  ]);
});

Deno.test("§8.3 answers are cut into chunks at the last place before the bound, a long one stands alone", () => {
  const lengths = (...sizes: number[]) => {
    const answers = sizes.map((bytes, i) => kept(i + 1, bytes));
    return ofClient("c1", { live: [session({ answers })] }).slice(1).map((bytes) => bytes.length);
  };
  const [header, framing] = [69, 52];
  const fits = SESSION_CHUNK_BYTES - header - framing;
  assertEquals(lengths(), [header]);
  assertEquals(lengths(fits), [SESSION_CHUNK_BYTES]);
  assertEquals(lengths(fits - framing, 0), [SESSION_CHUNK_BYTES]);
  assertEquals(lengths(fits - framing, 1), [SESSION_CHUNK_BYTES - framing, header + framing + 1]);
  assertEquals(lengths(fits, 0, 0), [SESSION_CHUNK_BYTES, header + 2 * framing]);
  const long = LIMITS.maxResultBytes;
  assertEquals(lengths(5, long, 5), [126, header + framing + long, 126]);
});

const refused = (chunks: readonly Uint8Array[], message: string) => {
  assertThrows(() => readSessions(chunks, BOUNDS), RangeError, message);
};

Deno.test("§8.3 clients and sessions out of order, doubled, misplaced or too many are refused in words", () => {
  const [[c1, s1], [c2, s2]] = ["c1", "c2"].map((client) => ofClient(client, { live: [session()] })) as [
    [Uint8Array, Uint8Array],
    [Uint8Array, Uint8Array],
  ];
  assertEquals(readSessions([c1, s1, c2, s2], BOUNDS).clients.size, 2);
  refused([c2, s2, c1, s1], "Session chunk 2 holds client c1 behind c2, clients must ascend");
  refused([c1, s1, c1, s1], "Session chunk 2 holds client c1 behind c1, clients must ascend");
  refused([s1], "Session chunk 0 holds a session of client c1, whose own chunk is not before it");
  refused([c1, s1, s2], "Session chunk 2 holds a session of client c2, whose own chunk is not before it");
  refused([c1, c2, s2], "Session chunk 1 follows client c1, who has no session");
  refused([c1], "Session chunk 0 ends the table with no session");
  refused([c1, s1, s1], "Session chunk 2 goes on with a session and holds none of its answers");
  const sessions = [1, 2, 3, 4].map((id) => session({ id }));
  refused(
    ofClient("c1", { live: sessions }),
    "Session chunk 4 holds one session too many, at most 3 are open at a time",
  );
  refused(
    ofClient("c1", { live: sessions.slice(0, 2).toReversed() }),
    "holds session 1 behind 2, sessions must ascend",
  );
  refused(ofClient("c1", { closed: [[1, 0]], live: [session()] }), "holds session 1, which is closed");
});

Deno.test("§8.3 impossible sessions, and closed ones, are refused in words", () => {
  const open = (given: Given) => ofClient("c1", { live: [session(given)] });
  refused(open({ id: 0 }), "holds session 0 with floor 1");
  refused(open({ floor: seq(0) }), "holds session 1 with floor 0");
  refused(open({ id: 5, lastUsed: logIndex(4) }), "holds session 5 with floor 1, last used at 4");
  refused(open({ lastUsed: logIndex(4) }), "last used at 4, highest seq 0");
  refused(open({ answers: [kept(9, 0)] }), "holds seq 9, outside the window of 8 from 1");
  refused(open({ floor: seq(3), answers: [kept(2, 0)] }), "holds seq 2, outside the window of 8 from 3");
  refused(open({ answers: [kept(4, 0)], highest: seq(3) }), "holds seq 4, the highest executed is 3");
  refused(open({ id: 7, answers: [kept(4, 0, 6)] }), "says seq 4 was executed at 6, in session 7");
  refused(
    open({ answers: [kept(4, 0, 9)], lastUsed: logIndex(8) }),
    "says seq 4 was executed at 9, in session 1 last used at 8",
  );
  const closed = (pairs: readonly [number, number][], floor?: number) =>
    ofClient("c1", { closed: pairs, ...(floor === undefined ? {} : { floor }) });
  refused(closed([[0, 1]]), "closes session 0, ids are above 0 and closed once");
  const [twice] = closed([[3, 1]]);
  refused([Uint8Array.of(...twice!, ...twice!.subarray(-16))], "closes session 3, ids are above 0 and closed once");
  refused(closed([[3, 1]], 4), "says the register floor is 4, the highest session closed 3");
  const many = Array.from({ length: LIMITS.maxClosedSessions + 1 }, (_, i): [number, number] => [i + 1, 0]);
  refused(closed(many), `closes one session too many, at most ${LIMITS.maxClosedSessions} are remembered`);
  // What was closed first is forgotten, be it the highest.
  assertEquals(readSessions(closed(many.slice(1), 9999), BOUNDS).clients.size, 1);
  refused(closed(many.slice(1), 5), "says the register floor is 5");
});

Deno.test("§8.3 a session's chunks cut elsewhere, or that say different things of it, are refused in words", () => {
  const cut = (...answers: (readonly [Seq, Kept])[]) => ofClient("c1", { live: [session({ answers })] });
  const [client, ...both] = cut(kept(1, 40_000), kept(2, 40_000)) as [Uint8Array, Uint8Array, Uint8Array];
  assertEquals(readSessions([client, ...both], BOUNDS).clients.size, 1);
  const joined = Uint8Array.of(...both[0], ...both[1].subarray(69));
  refused([client, joined], "has 80173 bytes in 2 answers, more than 65536 are allowed to one");
  refused([client, both[1], both[0]], "holds seq 1 behind 2, seqs must ascend");
  refused([client, both[0], both[1].with(60, 9)], "says of session 1 something else than the chunk before it");
  const [, whole] = cut(kept(1, 3), kept(2, 3));
  const halves = [whole!.subarray(0, 69 + 55), Uint8Array.of(...whole!.subarray(0, 69), ...whole!.subarray(69 + 55))];
  refused([client, ...halves], "Session chunk 2 begins with seq 2, which has room in the chunk before it");
});

Deno.test("§8.3 bytes that are no session are refused in words", () => {
  const [c1, s1] = ofClient("c1", { live: [session({ answers: [kept(1, 3)] })] }) as [Uint8Array, Uint8Array];
  refused([new Uint8Array()], "Session chunk 0 does not begin with its kind and a client");
  refused([c1.with(0, 3)], "does not begin with its kind and a client");
  refused([c1.with(2, 200)], "does not begin with its kind and a client");
  refused([c1.with(4, 255)], "does not begin with its kind and a client");
  refused([c1.subarray(0, -1)], "ends inside the closed sessions of a client");
  refused([c1, s1.subarray(0, 50)], "Session chunk 1 does not begin with a session");
  refused([c1, s1.subarray(0, -1)], "ends inside an answer or holds a malformed one, behind 0 good ones");
  refused([c1, Uint8Array.of(...s1, 0)], "ends inside an answer or holds a malformed one, behind 1 good ones");
  refused([new Uint8Array(LIMITS.maxChunkBytes + 1)], "has 655361 bytes, at most 655360 are allowed");
  const tooLong = ofClient("c1", { live: [session({ answers: [kept(1, LIMITS.maxAnswerBytes + 1)] })] });
  refused(tooLong, "ends inside an answer or holds a malformed one, behind 0 good ones");
});

Deno.test("§15.7 log time is refused in words where it cannot be, or not there", () => {
  const time = (...bytes: number[]) => Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, ...bytes);
  const stated = (id: number, clock: number) => [0, 1, id, 0, 0, 0, 0, 0, 0, 0, clock];
  const [c1] = ofClient("c1", { closed: [[1, 0]] }) as [Uint8Array];
  const good = time(5, ...stated(65, 6), ...stated(66, 7));
  assertEquals(readSessions([good, c1], BOUNDS).time.now, 5);
  refused([c1, good], "Session chunk 1 holds log time behind the first chunk");
  refused([good, good], "Session chunk 1 holds log time behind the first chunk");
  refused([time(0)], "Session chunk 0 holds no log time");
  refused([good.subarray(0, 5)], "Session chunk 0 holds no log time");
  refused([time(5, ...stated(65, 5))], "states something of log time that cannot be, behind 0 good ones");
  refused(
    [time(5, ...stated(66, 6), ...stated(65, 6))],
    "states something of log time that cannot be, behind 1 good ones",
  );
  refused([good.subarray(0, -1)], "states something of log time that cannot be, behind 1 good ones");
});

Deno.test("§8.3 more clients than a roster can have are refused", () => {
  const many = Array.from(
    { length: LIMITS.maxClients + 1 },
    (_, i) => ofClient(`c${String(i).padStart(5, "0")}`, { closed: [[1, 0]] })[0]!,
  );
  assertEquals(readSessions(many.slice(1), BOUNDS).clients.size, LIMITS.maxClients);
  refused(
    many,
    `Session chunk ${LIMITS.maxClients} holds one client too many, at most ${LIMITS.maxClients} are allowed`,
  );
});

Deno.test("§8.3 whatever byte changes, the chunks are refused or are those of another table", () => {
  const chunks = chunksOf(tableWith({
    c1: {
      closed: [[2, 5]],
      live: [session({ id: 3, floor: seq(3), answers: [kept(4, 2), kept(9, 3)] }), session({ id: 4 })],
    },
    c3: { live: [session({ answers: [kept(1, 40_000), kept(2, 40_000)] })] },
  }));
  assertEquals(chunks.length, 6);
  fc.assert(
    fc.property(fc.nat(5), fc.nat(150), fc.integer({ min: 1, max: 255 }), (which, at, flip) => {
      const bytes = chunks[which]!;
      const place = at % bytes.length;
      const given = chunks.with(which, bytes.with(place, bytes[place]! ^ flip));
      try {
        const table = readSessions(given, BOUNDS);
        assertEquals(chunksOf(table).map(sha256Hex), given.map(sha256Hex));
      } catch (error) {
        assert(error instanceof RangeError && error.message.startsWith("Session chunk "), String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("§8.3 a read result keeps its own bytes only, not the chunk's", () => {
  const table = readSessions(ofClient("c1", { live: [session({ answers: [kept(1, 3)] })] }), BOUNDS);
  const { answers } = table.clients.get(clientId("c1"))!.live.get(logIndex(1))!;
  assertEquals(answers.get(seq(1))!.result.buffer.byteLength, 3);
});
