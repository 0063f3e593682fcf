import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type ClientId, clientId, logIndex, seq } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import type { Request } from "../message.ts";
import { freezeSessions, SESSION_CHUNK_BYTES, sessionChunks } from "./session_chunks.ts";
import { readSessions } from "./session_chunks_read.ts";
import { applyRequest, createSessionTable, type SessionTable } from "./session_table.ts";
import { BOUNDS, chunksOf, digestAt, kept, ofClient, session, tableWith } from "../../tests/support/session_tables.ts";

const W = 8;
const hexOf = (table: SessionTable): string[] => chunksOf(table).map((bytes) => bytes.toHex());

/**
 * One request: `raise` moves the floor of the client's latest session from its last, `ahead` is the seq's place above that. A client
 * without a session opens one, and every now and then another.
 */
interface Ordered {
  readonly client: number;
  readonly opens: boolean;
  readonly raise: number;
  readonly ahead: number;
  readonly bytes: number;
}
const ordered: fc.Arbitrary<Ordered> = fc.record({
  client: fc.nat(4),
  opens: fc.nat(5).map((dice) => dice === 0),
  raise: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(3)),
  ahead: fc.nat(W),
  bytes: fc.oneof(
    { weight: 6, arbitrary: fc.nat(40) },
    fc.constantFrom(20_000, 33_000, SESSION_CHUNK_BYTES - 40, SESSION_CHUNK_BYTES, LIMITS.maxResultBytes),
  ),
});
const history = fc.array(ordered, { maxLength: 40, size: "max" });

const clientAt = (at: number): ClientId => clientId(at === 4 ? "C-é" : `c${at * 7}`);

/** Orders the requests on `table` as a log does, from index `from` on. */
function order(table: SessionTable, given: readonly Ordered[], from = 1): void {
  for (const [i, { client: at, opens, raise, ahead, bytes }] of given.entries()) {
    const client = clientAt(at);
    const index = logIndex(from + i);
    const session = [...table.clients.get(client)?.live.values() ?? []].at(-1);
    const floor = seq((session?.floor ?? 1) + raise);
    const command = new Uint8Array();
    const request: Request = session === undefined || opens
      ? { kind: "RegisterSession", client, base: logIndex(index - 1), nonce: new Uint8Array(16) }
      : { kind: "SendRequest", client, session: session.id, floor, seq: seq(floor + ahead), command };
    applyRequest(table, request, digestAt(index), index, () => new Uint8Array(bytes).fill(i));
  }
}

function tableOf(given: readonly Ordered[]): SessionTable {
  const table = createSessionTable(BOUNDS);
  order(table, given);
  return table;
}

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
