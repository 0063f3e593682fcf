/** Session tables as random histories of requests make them, and their chunks. */
import fc from "fast-check";
import { type ClientId, clientId, type Digest, digest, logIndex, seq } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Request } from "../../protocol/message.ts";
import { freezeSessions, SESSION_CHUNK_BYTES, sessionChunks } from "../../protocol/snapshot/session_chunks.ts";
import { applyRequest, createSessionTable, type SessionTable } from "../../protocol/snapshot/session_table.ts";
import type { SessionBounds } from "../../protocol/snapshot/session_types.ts";
import { answering } from "./executors.ts";

const W = 8;
export const BOUNDS: SessionBounds = { sessionWindow: W, sessionsPerClient: 3, registrationHorizon: 100 };
export const chunksOf = (table: SessionTable): Uint8Array[] => [...sessionChunks(freezeSessions(table))];
export const hexOf = (table: SessionTable): string[] => chunksOf(table).map((bytes) => bytes.toHex());

/** One request: `raise` lifts the floor above the client's last one, `ahead` is the seq's distance above that floor. */
export interface Ordered {
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
export const history = fc.array(ordered, { maxLength: 40, size: "max" });

const clientAt = (at: number): ClientId => clientId(at === 4 ? "C-é" : `c${at * 7}`);

/** Applies the requests to `table` in the order of a log, from index `from` on. */
export function order(table: SessionTable, given: readonly Ordered[], from = 1): void {
  for (const [i, { client: at, opens, raise, ahead, bytes }] of given.entries()) {
    const client = clientAt(at);
    const index = logIndex(from + i);
    const session = [...table.clients.get(client)?.live.values() ?? []].at(-1);
    const floor = seq((session?.floor ?? 1) + raise);
    const command = new Uint8Array();
    const request: Request = session === undefined || opens
      ? { kind: "RegisterSession", client, base: logIndex(index - 1), nonce: new Uint8Array(16) }
      : { kind: "SendRequest", client, session: session.id, floor, seq: seq(floor + ahead), mode: "command", command };
    applyRequest(table, request, digestAt(index), index, answering(() => new Uint8Array(bytes).fill(i)));
  }
}

/** Stands for the digest of the request at an index. */
export const digestAt = (index: number): Digest => digest(index.toString(16).padStart(64, "0"));

export function tableOf(given: readonly Ordered[]): SessionTable {
  const table = createSessionTable(BOUNDS);
  order(table, given);
  return table;
}
