/**
 * Requests by number, in clusters where every client begins with an open session: tests and transcripts that are about something else need not
 * open one first. Number 0 is the session's seq 1, and so on.
 */
import { sha256Hex } from "../../crypto/digest.ts";
import type { RegisterSession, RequestMode, SendRequest } from "../../protocol/entry.ts";
import { type ClientId, clientId, type Digest, logIndex, seq } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Signed } from "../../protocol/signed.ts";
import { applyRequest, type SessionTable } from "../../protocol/snapshot/session_table.ts";
import { answering } from "./executors.ts";

/** The session every client has: as if the first entry had opened it. */
export const SESSION = logIndex(1);

/** Returns the register that opens {@linkcode SESSION} for each of these clients, and its digest. */
export const firstRegisters = (clients: Iterable<ClientId>): [RegisterSession, Digest][] =>
  Array.from(clients, (client) => [
    { kind: "RegisterSession", client, base: logIndex(0), nonce: new Uint8Array(LIMITS.nonceBytes) },
    sha256Hex(new TextEncoder().encode(`register of ${client}`)),
  ]);

/** Opens {@linkcode SESSION} for these clients. */
export function openSessions(table: SessionTable, clients: Iterable<ClientId>): void {
  for (const [register, digest] of firstRegisters(clients)) {
    applyRequest(table, register, digest, SESSION, answering(() => new Uint8Array()));
  }
}

/** Request `number` of `client`, who waits for nothing below number `floor`. */
export const numberedRequest = (
  client: string,
  number: number,
  floor: number,
  command: Uint8Array,
  mode: RequestMode = "command",
): SendRequest => ({
  kind: "SendRequest",
  client: clientId(client),
  session: SESSION,
  seq: seq(number + 1),
  floor: seq(floor + 1),
  mode,
  command,
});

const numbers = new Map<Digest, number>();

/** Remembers the number of a signed request by its digest, which is all that answers say of it. */
export function noteNumber<T extends Signed<SendRequest>>(signed: T): T {
  numbers.set(sha256Hex(signed.body), signed.message.seq - 1);
  return signed;
}

/** Returns the number of the request with this digest; its first digits where it has none. */
export const numberOf = (digest: Digest): string => String(numbers.get(digest) ?? digest.slice(0, 8));
