/** Well-formed packets of each kind, properly signed by r4 and of no use to anybody; `count` makes each one new. */
import { sha256Hex } from "../../../crypto/digest.ts";
import { joinRequests } from "../../../protocol/entry_body.ts";
import type { Evidence } from "../../../protocol/evidence.ts";
import { type Digest, digest, logIndex, replicaId, round, term } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { Vote } from "../../../protocol/message.ts";
import { genesisCertificate } from "../../../replica/core/create_state.ts";
import type { Insider, OwnPacket } from "./insider.ts";

type Kind = OwnPacket["kind"];
type Useless<K extends Kind> = (insider: Insider, count: number) => Extract<OwnPacket, { readonly kind: K }> | null;

const UTF8 = new TextEncoder();
export const hashOf = (count: number): Digest => digest(sha256Hex(UTF8.encode(`useless ${count}`)));

const genesis = ({ heard }: Insider) => genesisCertificate(heard.prepared);

function vote(insider: Insider, count: number): Vote {
  const names = { candidate: insider.peers[count % insider.peers.length]!, voter: insider.self };
  const { heard } = insider;
  return { kind: "Vote", term: term(heard.term + 1 + count), ...names, granted: true, base: heard.prepared };
}

/** Returns a piece of evidence against r4 itself: two votes in one term. */
export function ownEvidence(insider: Insider, count: number): Evidence {
  const { seal, self } = insider;
  const one = vote(insider, count);
  const other = { ...one, candidate: replicaId(insider.peers.find((id) => id !== one.candidate)!) };
  return { kind: "double-vote", culprit: self, first: seal(one), second: seal(other) };
}

export const USELESS: { readonly [K in Kind]: Useless<K> } = {
  AppendEntries: ({ heard, self }, count) => ({
    kind: "AppendEntries",
    signed: {
      ...{ kind: "AppendEntries", term: term(heard.term + 1), leader: self, round: round(count) },
      ...{ prevIndex: heard.commit.index, prevHash: heard.commit.hash, entryHashes: [] },
      commitIndex: heard.commit.index,
    },
    ...{ entries: [], proof: null },
  }),
  AppendEntriesResponse: ({ heard, self }, count) => ({
    kind: "AppendEntriesResponse",
    signed: {
      ...{ kind: "AppendEntriesResponse", term: heard.term, replica: self, acks: heard.acks, prepared: heard.prepared },
      ...{ commitIndex: heard.commit.index, commitHash: heard.commit.hash, round: round(count) },
    },
  }),
  ResendRequest: ({ heard, self }, count) => ({
    kind: "ResendRequest",
    signed: {
      ...{ kind: "ResendRequest", term: heard.term, replica: self, round: round(count) },
      ...{ commitIndex: heard.commit.index, commitHash: heard.commit.hash, match: heard.commit, proofWanted: true },
    },
  }),
  ClockStatement: ({ self }, count) => ({
    kind: "ClockStatement",
    signed: { kind: "ClockStatement", replica: self, clock: 1e9 + count },
  }),
  PreVote: ({ heard, self }, count) => ({
    kind: "PreVote",
    signed: { kind: "PreVote", term: term(heard.term + 1 + count), replica: self },
    proof: null,
  }),
  RequestVote: (insider, count) => ({
    kind: "RequestVote",
    signed: {
      ...{ kind: "RequestVote", term: term(insider.heard.term + 1 + count), candidate: insider.self },
      base: { term: term(0), index: logIndex(0), hash: insider.heard.prepared.hash },
    },
    ...{ certificate: genesis(insider), preVotes: [] },
  }),
  Vote: (insider, count) => ({ kind: "Vote", signed: vote(insider, count) }),
  VoteRefusal: (insider, count) => ({
    kind: "VoteRefusal",
    signed: {
      ...{ kind: "VoteRefusal", term: term(insider.heard.term + 1 + count), candidate: insider.peers[0]! },
      voter: insider.self,
    },
    certificate: genesis(insider),
  }),
  VoteDeferred: ({ heard, self, peers }, count) => ({
    kind: "VoteDeferred",
    signed: { kind: "VoteDeferred", term: term(heard.term + 1 + count), candidate: peers[0]!, voter: self },
  }),
  HandOver: ({ heard, self, peers }, count) => ({
    kind: "HandOver",
    signed: {
      ...{ kind: "HandOver", term: term(heard.term + 1 + count), leader: self, successor: peers[0]! },
      ...heard.commit,
    },
  }),
  FetchEntries: ({ heard, self }, count) => ({
    kind: "FetchEntries",
    signed: {
      ...{ kind: "FetchEntries", replica: self, nonce: count, from: logIndex(1), head: heard.commit },
      maxBytes: LIMITS.maxFetchBytes,
    },
  }),
  FetchEntriesResponse: ({ self }, count) => ({
    kind: "FetchEntriesResponse",
    signed: { kind: "FetchEntriesResponse", replica: self, nonce: count, from: logIndex(1) },
    ...{ entries: [], certificate: null, checkpoint: null },
  }),
  Checkpoint: ({ heard, self }, count) => ({
    kind: "Checkpoint",
    signed: {
      ...{ kind: "Checkpoint", replica: self, index: logIndex(1000 * (count + 1)), hash: heard.commit.hash },
      stateDigest: hashOf(count),
    },
  }),
  FetchChunks: ({ self }, count) => ({
    kind: "FetchChunks",
    signed: {
      ...{ kind: "FetchChunks", replica: self, nonce: count },
      digests: Array.from({ length: LIMITS.maxFetchChunks }, (_, place) => hashOf(count * 64 + place)),
    },
  }),
  FetchChunksResponse: ({ self }, count) => ({
    kind: "FetchChunksResponse",
    signed: { kind: "FetchChunksResponse", replica: self, nonce: count },
    chunks: [],
  }),
  RollCall: ({ self }, count) => ({
    kind: "RollCall",
    signed: { kind: "RollCall", replica: self, nonce: hashOf(count) },
  }),
  RollCallAnswer: ({ self, peers, heard }, count) => ({
    kind: "RollCallAnswer",
    signed: { kind: "RollCallAnswer", replica: self, asker: peers[0]!, nonce: hashOf(count), term: heard.term },
  }),
  ForwardedRequest: ({ heard: { requests } }, count) =>
    requests.length === 0 ? null : { kind: "ForwardedRequest", signed: requests[count % requests.length]! },
  Evidence: (insider, count) => ({ kind: "Evidence", evidence: ownEvidence(insider, count) }),
  FetchEpoch: (_, count) => ({ kind: "FetchEpoch", epoch: 1 + count }),
  EpochEnd: ({ heard: { commit, term } }, count) => {
    const stable = { ...commit, stateDigest: hashOf(count), checkpoints: [] };
    const proof = { stable, commit: { kind: "commit" as const, ...commit, term, links: [], responses: [] } };
    const entry = { index: commit.index, term, body: joinRequests([]), requests: [] };
    return { kind: "EpochEnd", end: { epoch: 1, proof, before: hashOf(count), entry }, roster: null };
  },
};

export const USELESS_KINDS = Object.keys(USELESS) as Kind[];
