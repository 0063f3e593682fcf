/** Bodies that replicas sign for their peers (§5, §6, §8). */
import { LIMITS } from "../../../protocol/limits.ts";
import type * as m from "../../../protocol/message.ts";
import { body, certified, hash, head, logIndex, replicaId, round, signingTerm, term } from "../fields.ts";
import { always, atMost, bool, list, uint53 } from "../schema.ts";

/** §5.1. The last of `entryHashes` stands at a safe index too. */
export const appendEntries = body<m.AppendEntries>(
  "AppendEntries",
  {
    term: signingTerm,
    leader: replicaId,
    round,
    prevIndex: logIndex,
    prevHash: hash,
    entryHashes: list(hash, LIMITS.maxAppendEntries),
    commitIndex: logIndex,
  },
  ({ prevIndex, entryHashes }) =>
    prevIndex + entryHashes.length <= LIMITS.maxInteger ? null : "wanted entries at indexes up to 2^53 - 1",
);

/** §5.4: `acks` ascend strictly by index, so that no index is acked twice in one body. */
export const appendEntriesResponse = body<m.AppendEntriesResponse>("AppendEntriesResponse", {
  term,
  replica: replicaId,
  acks: list(head, LIMITS.maxAcks),
  prepared: certified,
  commitIndex: logIndex,
  commitHash: hash,
  round,
}, ({ acks }) => {
  for (let i = 1; i < acks.length; i++) {
    if (acks[i]!.index <= acks[i - 1]!.index) return `wanted acks ascending by index, ack ${i} is not`;
  }
  return null;
});

/** §5.2. */
export const resendRequest = body<m.ResendRequest>("ResendRequest", {
  term,
  replica: replicaId,
  round,
  commitIndex: logIndex,
  commitHash: hash,
  match: head,
  proofWanted: bool,
});

/** §6.3. */
export const preVote = body<m.PreVote>("PreVote", { term: signingTerm, replica: replicaId });

/** §6.4. */
export const requestVote = body<m.RequestVote>("RequestVote", {
  term: signingTerm,
  candidate: replicaId,
  base: certified,
});

/** §6.5: `granted` has a byte of its own; a refusal cannot be written in this kind. */
export const vote = body<m.Vote>("Vote", {
  term: signingTerm,
  candidate: replicaId,
  voter: replicaId,
  granted: always,
  base: certified,
});

/** §6.5. */
export const voteRefusal = body<m.VoteRefusal>("VoteRefusal", {
  term: signingTerm,
  candidate: replicaId,
  voter: replicaId,
});

/** §6.2. */
export const voteDeferred = body<m.VoteDeferred>("VoteDeferred", {
  term: signingTerm,
  candidate: replicaId,
  voter: replicaId,
});

/** §14.2. */
export const handOver = body<m.HandOver>("HandOver", {
  term: signingTerm,
  leader: replicaId,
  successor: replicaId,
  index: logIndex,
  hash,
});

/** §15.1. */
export const clockStatement = body<m.ClockStatement>("ClockStatement", { replica: replicaId, clock: uint53 });

/** §8.1. */
export const fetchEntries = body<m.FetchEntries>("FetchEntries", {
  replica: replicaId,
  nonce: uint53,
  from: logIndex,
  head,
  maxBytes: atMost(LIMITS.maxFetchBytes),
});

/** §8.1. */
export const fetchEntriesResponse = body<m.FetchEntriesResponse>("FetchEntriesResponse", {
  replica: replicaId,
  nonce: uint53,
  from: logIndex,
});
