/** The fixed values behind `golden_vectors.json`; a change here or in the codec shows as a change of that file. */
import { createMerkleTree } from "../../../crypto/signing/merkle_tree.ts";
import { joinRequests } from "../../../protocol/entry_body.ts";
import { clientId, type Digest, digest, logIndex, replicaId, round, seq, term } from "../../../protocol/ids.ts";
import type { Certified, MessageKind, ReadPart, ReplyPart } from "../../../protocol/message.ts";
import { encodeGroup } from "../../../protocol/operations/group.ts";
import { encodeReplyPart, type MessageOf, queryResultCodec } from "../../../transport/codec/mod.ts";

const hash = (byte: number): Digest => digest(byte.toString(16).padStart(2, "0").repeat(32));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const sixteen = (first: number): Uint8Array => Uint8Array.from({ length: 16 }, (_, i) => first + i);
const r1 = replicaId("r1");
const r2 = replicaId("r2");
const c1 = clientId("c1");
const base: Certified = { term: term(4), index: logIndex(1000), hash: hash(0xa0) };

/** Parts of one reply, to three clients (§7.2h). */
export const GOLDEN_PARTS: readonly ReplyPart[] = [
  {
    client: c1,
    answers: [
      { request: hash(0xf0), outcome: "applied", index: logIndex(1001), result: bytes("result") },
      { request: hash(0xf1), outcome: "unexecuted", index: logIndex(1002), result: new Uint8Array() },
      { request: hash(0xf4), outcome: "busy", index: logIndex(1002), result: Uint8Array.of(0, 0, 0, 250) },
    ],
  },
  {
    client: clientId("c2"),
    answers: [{ request: hash(0xf2), outcome: "conflict", index: logIndex(990), result: new Uint8Array() }],
  },
  {
    client: clientId("c3"),
    answers: [{ request: hash(0xf3), outcome: "applied", index: logIndex(1001), result: bytes("another result") }],
  },
];

/** Answers to two fast reads (§7.4). */
export const GOLDEN_READS: ReadPart = {
  client: c1,
  nonce: 9_007_199_254_740_991,
  payloads: [{ version: 17, value: bytes("value") }, { version: 0, value: bytes("") }].map(queryResultCodec.encode),
};

/** One message of each kind. */
export const GOLDEN_MESSAGES: { readonly [K in MessageKind]: MessageOf<K> } = {
  AppendEntries: {
    kind: "AppendEntries",
    term: term(5),
    leader: r1,
    round: round(77),
    prevIndex: logIndex(1000),
    prevHash: hash(0xa0),
    entryHashes: [hash(0xa1), hash(0xa2)],
    commitIndex: logIndex(999),
  },
  AppendEntriesResponse: {
    kind: "AppendEntriesResponse",
    term: term(5),
    replica: r2,
    acks: [{ index: logIndex(1001), hash: hash(0xa1) }, { index: logIndex(1002), hash: hash(0xa2) }],
    prepared: base,
    commitIndex: logIndex(999),
    commitHash: hash(0x9f),
    round: round(77),
  },
  ResendRequest: {
    kind: "ResendRequest",
    term: term(5),
    replica: r2,
    round: round(77),
    commitIndex: logIndex(999),
    commitHash: hash(0x9f),
    match: { index: logIndex(1000), hash: hash(0xa0) },
    proofWanted: true,
  },
  PreVote: { kind: "PreVote", term: term(6), replica: r2 },
  RequestVote: { kind: "RequestVote", term: term(6), candidate: r2, base },
  Vote: { kind: "Vote", term: term(6), candidate: r2, voter: r1, granted: true, base },
  VoteRefusal: { kind: "VoteRefusal", term: term(6), candidate: r2, voter: r1 },
  VoteDeferred: { kind: "VoteDeferred", term: term(6), candidate: r2, voter: r1 },
  HandOver: {
    kind: "HandOver",
    term: term(6),
    leader: r1,
    successor: r2,
    index: logIndex(1002),
    hash: hash(0xa2),
  },
  ClockStatement: { kind: "ClockStatement", replica: r1, clock: 61000 },
  FetchEntries: {
    kind: "FetchEntries",
    replica: r2,
    nonce: 12345,
    from: logIndex(1001),
    head: { index: logIndex(1002), hash: hash(0xa2) },
    maxBytes: 1048576,
  },
  FetchEntriesResponse: { kind: "FetchEntriesResponse", replica: r1, nonce: 12345, from: logIndex(1001) },
  Checkpoint: {
    kind: "Checkpoint",
    replica: r2,
    index: logIndex(1000),
    hash: hash(0xa0),
    stateDigest: hash(0xb0),
  },
  FetchChunks: { kind: "FetchChunks", replica: r2, nonce: 12346, digests: [hash(0xb0), hash(0xb1)] },
  FetchChunksResponse: { kind: "FetchChunksResponse", replica: r1, nonce: 12346 },
  RollCall: { kind: "RollCall", replica: r2, nonce: hash(0xc0) },
  RollCallAnswer: { kind: "RollCallAnswer", replica: r1, asker: r2, nonce: hash(0xc0), term: term(6) },
  SendRequest: {
    kind: "SendRequest",
    client: c1,
    session: logIndex(998),
    seq: seq(17),
    floor: seq(12),
    mode: "command",
    command: bytes("command"),
  },
  RegisterSession: { kind: "RegisterSession", client: c1, base: logIndex(997), nonce: sixteen(0xd0) },
  ClientHello: { kind: "ClientHello", client: c1, replica: r2, session: logIndex(998), challenge: sixteen(0xe0) },
  FastReads: {
    kind: "FastReads",
    client: c1,
    nonce: 9_007_199_254_740_991,
    queries: [bytes("query"), bytes("another")],
  },
  GetCommittedCommand: { kind: "GetCommittedCommand", client: c1, nonce: 4294967296, index: logIndex(1001) },
  GetStatus: { kind: "GetStatus", client: c1, nonce: 0 },
  SetActive: { kind: "SetActive", replica: r2, active: false, order: 3, nonce: 281_474_976_710_655 },
  GetCheckpoint: { kind: "GetCheckpoint", client: c1, nonce: 1 },
  GetChunks: { kind: "GetChunks", client: c1, nonce: 2, digests: [hash(0xb0), hash(0xb1)] },
  GetEntries: { kind: "GetEntries", client: c1, nonce: 3, from: logIndex(1001) },
  GetEpochs: { kind: "GetEpochs", client: c1, nonce: 4, epoch: 2 },
  GetFeed: { kind: "GetFeed", client: c1, nonce: 5, after: 41, waitMs: 5000, watch: bytes("watch") },
  Reply: {
    kind: "Reply",
    replica: r2,
    term: term(5),
    leader: r1,
    parts: GOLDEN_PARTS.length,
    root: createMerkleTree(GOLDEN_PARTS.map(encodeReplyPart)).root,
  },
  QueryReply: {
    kind: "QueryReply",
    replica: r2,
    client: "operator",
    nonce: 281_474_976_710_655,
    ok: true,
    payload: bytes("{}"),
  },
};

/** The request again, as a query. */
export const GOLDEN_QUERY = { ...GOLDEN_MESSAGES.SendRequest, mode: "query", command: bytes("query") } as const;

/** And as a group of a command and a query (§7.1f). */
export const GOLDEN_GROUP = {
  ...GOLDEN_MESSAGES.SendRequest,
  mode: "group",
  command: encodeGroup([
    { mode: "command", command: bytes("command") },
    { mode: "query", command: bytes("query") },
  ]),
} as const;

/** Entry bodies for the packets of the vectors: a no-op has no requests. */
export const NO_OP_BODY = joinRequests([]);
