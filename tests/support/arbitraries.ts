/** Generators of well-formed protocol values for property tests; signatures are random bytes, as only their form matters here. */
import fc from "fast-check";
import type * as c from "../../protocol/certificate.ts";
import type { Entry, Head, Link } from "../../protocol/entry.ts";
import { joinRequests } from "../../protocol/entry_body.ts";
import type * as e from "../../protocol/evidence.ts";
import * as ids from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type * as m from "../../protocol/message.ts";
import { busyAnswer } from "../../protocol/reply.ts";
import type { Encoded, Signed } from "../../protocol/signed.ts";
import { encodeMessage, encodeReadPart, encodeReplyPart, entryOf, type MessageOf } from "../../transport/codec/mod.ts";

type Arbitrary<T> = fc.Arbitrary<T>;

/** Any integer the wire can carry, often a small one or one of the largest. */
export const uint53: Arbitrary<number> = fc.oneof(
  fc.nat(1000),
  fc.maxSafeNat(),
  fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
);
const positive = uint53.map((value) => value === 0 ? 1 : value);
/** Number of an epoch. */
export const epoch: Arbitrary<number> = positive;
/** Bytes up to `maxLength`. */
export const bytes = (maxLength = 40): Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
export const id: Arbitrary<string> = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
/** 64 lower-case hexadecimal digits. */
export const digest: Arbitrary<ids.Digest> = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((raw) =>
  ids.digest(raw.toHex())
);
export const signature: Arbitrary<Uint8Array> = fc.uint8Array({ minLength: 64, maxLength: 64 });
export const term = uint53.map(ids.term);
/** A term above the genesis term. */
export const signingTerm = positive.map(ids.term);
export const logIndex = uint53.map(ids.logIndex);
export const round = uint53.map(ids.round);
export const seq = uint53.map(ids.seq);
export const replicaId = id.map(ids.replicaId);
export const clientId = id.map(ids.clientId);
export const head: Arbitrary<Head> = fc.record({ index: logIndex, hash: digest });
export const link: Arbitrary<Link> = fc.record({ term, digest });
export const certified: Arbitrary<m.Certified> = fc.record({ term, index: logIndex, hash: digest });

const acks: Arbitrary<readonly Head[]> = fc.uniqueArray(head, { maxLength: 5, selector: (item) => item.index })
  .map((heads) => heads.sort((a, b) => a.index - b.index));
const nonceBytes = fc.uint8Array({ minLength: LIMITS.nonceBytes, maxLength: LIMITS.nonceBytes });
const requestMode = fc.constantFrom("command" as const, "query" as const);
const floorAndSeq = fc.tuple(positive, positive).map(([a, b]) => ({
  seq: ids.seq(Math.max(a, b)),
  floor: ids.seq(Math.min(a, b)),
}));
const answer: Arbitrary<m.Answer> = fc.record({
  request: digest,
  outcome: fc.constantFrom<m.Outcome>("applied", "conflict", "expired", "ahead", "unexecuted", "unknown", "void"),
  index: logIndex,
  result: bytes(),
});

const busy: Arbitrary<m.BusyAnswer> = fc.tuple(digest, logIndex, fc.nat()).map(([request, index, waitMs]) =>
  busyAnswer(request, index, waitMs)
);

const kind = <K extends m.MessageKind>(name: K): Arbitrary<K> => fc.constant(name);

/** Well-formed messages of each kind. */
export const messages: { readonly [K in m.MessageKind]: Arbitrary<MessageOf<K>> } = {
  AppendEntries: fc.record({
    kind: kind("AppendEntries"),
    term: signingTerm,
    leader: replicaId,
    round,
    prevIndex: fc.maxSafeNat().map((value) => ids.logIndex(Math.max(0, value - 64))),
    prevHash: digest,
    entryHashes: fc.array(digest, { maxLength: 5 }),
    commitIndex: logIndex,
  }),
  AppendEntriesResponse: fc.record({
    kind: kind("AppendEntriesResponse"),
    term,
    replica: replicaId,
    acks,
    prepared: certified,
    commitIndex: logIndex,
    commitHash: digest,
    round,
  }),
  ResendRequest: fc.record({
    kind: kind("ResendRequest"),
    term,
    replica: replicaId,
    round,
    commitIndex: logIndex,
    commitHash: digest,
    match: head,
    proofWanted: fc.boolean(),
  }),
  PreVote: fc.record({ kind: kind("PreVote"), term: signingTerm, replica: replicaId }),
  RequestVote: fc.record({ kind: kind("RequestVote"), term: signingTerm, candidate: replicaId, base: certified }),
  Vote: fc.record({
    kind: kind("Vote"),
    term: signingTerm,
    candidate: replicaId,
    voter: replicaId,
    granted: fc.constant(true as const),
    base: certified,
  }),
  VoteRefusal: fc.record({ kind: kind("VoteRefusal"), term: signingTerm, candidate: replicaId, voter: replicaId }),
  VoteDeferred: fc.record({ kind: kind("VoteDeferred"), term: signingTerm, candidate: replicaId, voter: replicaId }),
  HandOver: fc.record({
    kind: kind("HandOver"),
    term: signingTerm,
    leader: replicaId,
    successor: replicaId,
    index: logIndex,
    hash: digest,
  }),
  ClockStatement: fc.record({ kind: kind("ClockStatement"), replica: replicaId, clock: uint53 }),
  FetchEntries: fc.record({
    kind: kind("FetchEntries"),
    replica: replicaId,
    nonce: uint53,
    from: logIndex,
    head,
    maxBytes: fc.nat(64 * 1024 * 1024),
  }),
  FetchEntriesResponse: fc.record({
    kind: kind("FetchEntriesResponse"),
    replica: replicaId,
    nonce: uint53,
    from: fc.nat().map(ids.logIndex),
  }),
  Checkpoint: fc.record({
    kind: kind("Checkpoint"),
    replica: replicaId,
    index: logIndex,
    hash: digest,
    stateDigest: digest,
  }),
  FetchChunks: fc.record({
    kind: kind("FetchChunks"),
    replica: replicaId,
    nonce: uint53,
    digests: fc.uniqueArray(digest, { minLength: 1, maxLength: 5 }),
  }),
  FetchChunksResponse: fc.record({ kind: kind("FetchChunksResponse"), replica: replicaId, nonce: uint53 }),
  RollCall: fc.record({ kind: kind("RollCall"), replica: replicaId, nonce: digest }),
  RollCallAnswer: fc.record({
    kind: kind("RollCallAnswer"),
    replica: replicaId,
    asker: replicaId,
    nonce: digest,
    term,
  }),
  SendRequest: fc.tuple(clientId, positive, floorAndSeq, requestMode, bytes(200)).map(
    ([client, session, window, mode, command]) => ({
      kind: "SendRequest",
      client,
      session: ids.logIndex(session),
      ...window,
      mode,
      command,
    }),
  ),
  RegisterSession: fc.record({ kind: kind("RegisterSession"), client: clientId, base: logIndex, nonce: nonceBytes }),
  ClientHello: fc.record({
    kind: kind("ClientHello"),
    client: clientId,
    replica: replicaId,
    session: logIndex,
    challenge: nonceBytes,
  }),
  FastReads: fc.record({
    kind: kind("FastReads"),
    client: clientId,
    nonce: uint53,
    queries: fc.array(bytes(), { minLength: 1, maxLength: 4 }),
  }),
  GetCommittedCommand: fc.record({
    kind: kind("GetCommittedCommand"),
    client: clientId,
    nonce: uint53,
    index: logIndex,
  }),
  GetStatus: fc.record({ kind: kind("GetStatus"), client: clientId, nonce: uint53 }),
  SetActive: fc.record({
    kind: kind("SetActive"),
    replica: replicaId,
    active: fc.boolean(),
    order: uint53,
    nonce: uint53,
  }),
  GetCheckpoint: fc.record({ kind: kind("GetCheckpoint"), client: clientId, nonce: uint53 }),
  GetChunks: fc.record({
    kind: kind("GetChunks"),
    client: clientId,
    nonce: uint53,
    digests: fc.uniqueArray(digest, { minLength: 1, maxLength: 5 }),
  }),
  GetEntries: fc.record({ kind: kind("GetEntries"), client: clientId, nonce: uint53, from: logIndex }),
  GetEpochs: fc.record({ kind: kind("GetEpochs"), client: clientId, nonce: uint53, epoch }),
  GetFeed: fc.record({
    ...{ kind: kind("GetFeed"), client: clientId, nonce: uint53, after: uint53, watch: bytes(40) },
    waitMs: fc.nat({ max: LIMITS.maxFeedWaitMs }),
  }),
  Reply: fc.record({
    kind: kind("Reply"),
    replica: replicaId,
    term,
    leader: fc.option(replicaId),
    parts: fc.integer({ min: 1, max: LIMITS.maxReplyParts }),
    root: digest,
  }),
  QueryReply: fc.record({
    kind: kind("QueryReply"),
    replica: replicaId,
    client: id,
    nonce: uint53,
    ok: fc.boolean(),
    payload: bytes(),
  }),
};

/** A part of a reply, with its bytes. */
export const replyPart: Arbitrary<Encoded<m.ReplyPart>> = fc.record({
  client: clientId,
  answers: fc.array(fc.oneof(answer, busy), { maxLength: 4 }),
}).map((message) => ({ message, body: encodeReplyPart(message) }));

/** The same of fast reads. */
export const readPart: Arbitrary<Encoded<m.ReadPart>> = fc.record({
  client: clientId,
  nonce: uint53,
  payloads: fc.array(bytes(), { maxLength: 4 }),
}).map((message) => ({ message, body: encodeReadPart(message) }));

/** Returns `message` with its real body and a random signature. */
export const signed = <M extends m.Message>(message: Arbitrary<M>): Arbitrary<Signed<M>> =>
  fc.tuple(message, signature).map(([value, mark]) => ({
    message: value,
    body: encodeMessage(value),
    signature: mark,
  }));

/** A request of either kind. */
export const request: Arbitrary<Signed<m.Request>> = fc.oneof<
  [Arbitrary<Signed<m.Request>>, Arbitrary<Signed<m.Request>>]
>(
  signed(messages.SendRequest),
  signed(messages.RegisterSession),
);

const responses = fc.array(signed(messages.AppendEntriesResponse), { maxLength: 4 });
export const commitCertificate: Arbitrary<c.CommitCertificate> = fc.tuple(
  certified,
  fc.array(link, { maxLength: 4 }),
  responses,
).map(([point, links, found]) => ({ kind: "commit", ...point, links, responses: found }));
export const certificate: Arbitrary<c.Certificate> = fc.oneof<[Arbitrary<c.Certificate>, Arbitrary<c.Certificate>]>(
  fc.tuple(certified, responses).map(([point, found]) => ({ kind: "prepare", ...point, responses: found })),
  commitCertificate,
);
export const electionProof: Arbitrary<c.ElectionProof> = fc.record({
  base: certificate,
  votes: fc.array(signed(messages.Vote), { maxLength: 4 }),
});
export const checkpointProof: Arbitrary<c.CheckpointProof> = fc.record({
  stable: fc.record({
    index: logIndex,
    hash: digest,
    stateDigest: digest,
    checkpoints: fc.array(signed(messages.Checkpoint), { maxLength: 4 }),
  }),
  commit: commitCertificate,
});

const entryBody = fc.oneof(
  { weight: 3, arbitrary: fc.array(request, { maxLength: 3 }).map(joinRequests) },
  { weight: 1, arbitrary: bytes(100) },
);
/** Returns an entry at `index`; one in four has random bytes for its body. */
export const entryAt = (index: ids.LogIndex): Arbitrary<Entry> =>
  fc.tuple(signingTerm, entryBody).map(([itsTerm, body]) => entryOf(index, itsTerm, body));
export const entry: Arbitrary<Entry> = logIndex.chain(entryAt);
/** Returns `length` entries at `from`, `from`+1 and so on. */
export const entriesFrom = (from: ids.LogIndex, length: number): Arbitrary<readonly Entry[]> =>
  fc.tuple(...Array.from({ length }, (_, position) => entryAt(ids.offset(from, position))));

const twice = <T>(item: Arbitrary<T>) => ({ culprit: replicaId, first: item, second: item });
export const evidence: Arbitrary<e.Evidence> = fc.oneof<Arbitrary<e.Evidence>[]>(
  fc.record({ kind: fc.constant("equivocation" as const), ...twice(signed(messages.AppendEntries)) }),
  fc.record({ kind: fc.constant("double-ack" as const), ...twice(signed(messages.AppendEntriesResponse)) }),
  fc.record({ kind: fc.constant("double-vote" as const), ...twice(signed(messages.Vote)) }),
  fc.record({
    kind: fc.constant("bad-entry" as const),
    culprit: replicaId,
    header: signed(messages.AppendEntries),
    entries: fc.array(entry, { maxLength: 3 }),
  }),
);
