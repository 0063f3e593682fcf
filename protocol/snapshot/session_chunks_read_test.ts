import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { sha256Hex } from "../../crypto/digest.ts";
import {
  BOUNDS,
  chunksOf,
  type Given,
  kept,
  ofClient,
  session,
  tableWith,
} from "../../tests/support/session_tables.ts";
import { clientId, logIndex, type Seq, seq } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import { readSessions } from "./session_chunks_read.ts";
import type { Kept } from "./session_types.ts";

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
  refused([c1.with(0, 2)], "does not begin with its kind and a client");
  refused([c1.with(2, 200)], "does not begin with its kind and a client");
  refused([c1.with(4, 255)], "does not begin with its kind and a client");
  refused([c1.subarray(0, -1)], "ends inside the closed sessions of a client");
  refused([c1, s1.subarray(0, 50)], "Session chunk 1 does not begin with a session");
  refused([c1, s1.subarray(0, -1)], "ends inside an answer or holds a malformed one, behind 0 good ones");
  refused([c1, Uint8Array.of(...s1, 0)], "ends inside an answer or holds a malformed one, behind 1 good ones");
  refused([new Uint8Array(LIMITS.maxChunkBytes + 1)], "has 655361 bytes, at most 655360 are allowed");
  const tooLong = ofClient("c1", { live: [session({ answers: [kept(1, LIMITS.maxResultBytes + 1)] })] });
  refused(tooLong, "ends inside an answer or holds a malformed one, behind 0 good ones");
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
