/** The three hot messages of the codec comparison, and the checks a strict reader must make once a general format has decoded them. */
import { joinRequests } from "../../protocol/entry_body.ts";
import { clientId, digest, logIndex, offset, replicaId, round, seq, term } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { AppendEntries, AppendEntriesResponse, SendRequest } from "../../protocol/message.ts";
import type { PacketOf } from "../../protocol/packet.ts";
import type { Signed } from "../../protocol/signed.ts";
import { encodeMessage, entryOf } from "../../transport/codec/mod.ts";

/** Returns bytes for digests and contents that look random, as real ones do, and are the same in every run. */
function pseudoRandom(length: number, start: number): Uint8Array {
  let state = start * 2654435761 >>> 0;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

const hash = (start: number) => digest(pseudoRandom(32, start).toHex());
const SIGNATURE = pseudoRandom(64, 99);

/** (a) A response with 4 acks. */
export const RESPONSE: AppendEntriesResponse = {
  kind: "AppendEntriesResponse",
  term: term(5),
  replica: replicaId("r3"),
  acks: [1, 2, 3, 4].map((i) => ({ index: logIndex(100_000 + i), hash: hash(i) })),
  prepared: { term: term(5), index: logIndex(100_002), hash: hash(2) },
  commitIndex: logIndex(100_000),
  commitHash: hash(0),
  round: round(4321),
};

/** (c) A request of 200 bytes. */
export const REQUEST: SendRequest = {
  kind: "SendRequest",
  client: clientId("c1"),
  session: logIndex(1_000_000),
  seq: seq(123),
  floor: seq(100),
  mode: "command",
  command: pseudoRandom(200, 7),
};

const HEADER: AppendEntries = {
  kind: "AppendEntries",
  term: term(5),
  leader: replicaId("r1"),
  round: round(4321),
  prevIndex: logIndex(100_000),
  prevHash: hash(0),
  entryHashes: Array.from({ length: 16 }, (_, i) => hash(i + 1)),
  commitIndex: logIndex(99_990),
};

/** (b) A header with 16 hashes and its 16 entries, each of one 200-byte request, in the encoding that `requestBody` gives. */
export function appendPacket(requestBody: Uint8Array): PacketOf<"AppendEntries"> {
  const request: Signed<SendRequest> = { message: REQUEST, body: requestBody, signature: SIGNATURE };
  const entries = HEADER.entryHashes.map((_, i) =>
    entryOf(offset(HEADER.prevIndex, i + 1), HEADER.term, joinRequests([request]))
  );
  const signed = { message: HEADER, body: encodeMessage(HEADER), signature: SIGNATURE };
  return { kind: "AppendEntries", signed, entries, proof: null };
}

type Loose = Record<string, unknown>;
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const DIGEST = /^[0-9a-f]{64}$/;

function need(condition: boolean, field: string): void {
  if (!condition) throw new TypeError(`bad ${field}`);
}

function record(value: unknown, fields: number): Loose {
  need(typeof value === "object" && value !== null && Object.keys(value).length === fields, "object");
  return value as Loose;
}
const integer = (value: unknown, field: string) => need(Number.isSafeInteger(value) && (value as number) >= 0, field);
const name = (value: unknown, field: string) => need(typeof value === "string" && ID.test(value), field);
const hashText = (value: unknown, field: string) => need(typeof value === "string" && DIGEST.test(value), field);
const array = (value: unknown, max: number, field: string): readonly unknown[] => {
  need(Array.isArray(value) && value.length <= max, field);
  return value as unknown[];
};

/** Checks an object made by a general decoder for everything the schema checks while it reads. */
export function validateResponse(value: unknown): AppendEntriesResponse {
  const found = record(value, 8);
  need(found["kind"] === "AppendEntriesResponse", "kind");
  integer(found["term"], "term");
  name(found["replica"], "replica");
  let previous = -1;
  for (const item of array(found["acks"], LIMITS.maxAcks, "acks")) {
    const ack = record(item, 2);
    integer(ack["index"], "acks.index");
    need(ack["index"] as number > previous, "order of acks");
    previous = ack["index"] as number;
    hashText(ack["hash"], "acks.hash");
  }
  const prepared = record(found["prepared"], 3);
  integer(prepared["term"], "prepared.term");
  integer(prepared["index"], "prepared.index");
  hashText(prepared["hash"], "prepared.hash");
  integer(found["commitIndex"], "commitIndex");
  hashText(found["commitHash"], "commitHash");
  integer(found["round"], "round");
  return value as AppendEntriesResponse;
}

/** The same for a header. */
export function validateHeader(value: unknown): AppendEntries {
  const found = record(value, 8);
  need(found["kind"] === "AppendEntries", "kind");
  integer(found["term"], "term");
  name(found["leader"], "leader");
  integer(found["round"], "round");
  integer(found["prevIndex"], "prevIndex");
  hashText(found["prevHash"], "prevHash");
  for (const item of array(found["entryHashes"], LIMITS.maxAppendEntries, "entryHashes")) hashText(item, "entryHashes");
  integer(found["commitIndex"], "commitIndex");
  return value as AppendEntries;
}

/** The same for a request. */
export function validateRequest(value: unknown): SendRequest {
  const found = record(value, 6);
  need(found["kind"] === "SendRequest", "kind");
  name(found["client"], "client");
  integer(found["session"], "session");
  integer(found["seq"], "seq");
  integer(found["floor"], "floor");
  need(found["floor"] as number <= (found["seq"] as number), "floor");
  need(found["mode"] === "command" || found["mode"] === "query", "mode");
  const command = found["command"];
  need(command instanceof Uint8Array && command.length <= LIMITS.maxCommandBytes, "command");
  return value as SendRequest;
}
