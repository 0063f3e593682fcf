/** Evidence as it is gossiped and stored (§9.1). */
import type * as e from "../../../protocol/evidence.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { replicaId, signed } from "../fields.ts";
import { constant, list, type Schema, struct } from "../schema.ts";
import { union } from "../union.ts";
import { entry } from "./entry.ts";
import { appendEntries, appendEntriesResponse, vote } from "./peer_messages.ts";

const header = signed("AppendEntries", appendEntries);
const response = signed("AppendEntriesResponse", appendEntriesResponse);
const ballot = signed("Vote", vote);

const equivocation = struct<e.EquivocationEvidence>({
  kind: constant("equivocation"),
  culprit: replicaId,
  first: header,
  second: header,
});
const doubleAck = struct<e.DoubleAckEvidence>({
  kind: constant("double-ack"),
  culprit: replicaId,
  first: response,
  second: response,
});
const doubleVote = struct<e.DoubleVoteEvidence>({
  kind: constant("double-vote"),
  culprit: replicaId,
  first: ballot,
  second: ballot,
});
const badEntry = struct<e.BadEntryEvidence>({
  kind: constant("bad-entry"),
  culprit: replicaId,
  header,
  entries: list(entry, LIMITS.maxAppendEntries),
});

/** One byte for the kind of contradiction, then the culprit, then what convicts it. */
export const evidence: Schema<e.Evidence> = union<e.Evidence>({
  "equivocation": [1, equivocation],
  "double-ack": [2, doubleAck],
  "double-vote": [3, doubleVote],
  "bad-entry": [4, badEntry],
});
