/** Bodies that clients and the operator sign, and the answers replicas sign for them (§7). */
import type { RequestMode } from "../../../protocol/entry.ts";
import type { LogIndex, Seq } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type * as m from "../../../protocol/message.ts";
import { decodeGroup } from "../../../protocol/operations/group.ts";
import { BUSY_BYTES } from "../../../protocol/reply.ts";
import { body, clientId, epoch, hash, logIndex, positive, replicaId, seq, term, wantedDigests } from "../fields.ts";
import {
  atMost,
  bool,
  bytes,
  enumOf,
  fixed,
  id,
  list,
  optional,
  refine,
  type Schema,
  struct,
  uint53,
} from "../schema.ts";

/** §7.1, §7.4. */
export const sendRequest = body<m.SendRequest>("SendRequest", {
  client: clientId,
  session: positive as Schema<LogIndex>,
  seq,
  floor: positive as Schema<Seq>,
  mode: enumOf<RequestMode>(["command", "query", "group", "roster"]),
  command: bytes(LIMITS.maxCommandBytes),
}, faultOfRequest);

function faultOfRequest({ floor, seq, mode, command }: m.SendRequest): string | null {
  if (floor > seq) return `wanted floor <= seq, got ${floor} > ${seq}`;
  if (mode !== "group" || decodeGroup(command) !== null) return null;
  return `wanted a group of 2 to ${LIMITS.maxGroup} operations, got ${command.length} bytes that are none`;
}

/** §7.1. */
export const registerSession = body<m.RegisterSession>("RegisterSession", {
  client: clientId,
  base: logIndex,
  nonce: fixed(LIMITS.nonceBytes),
});

/** Opens and keeps the route for answers of the replica it names; session 0 wants those of all. */
export const clientHello = body<m.ClientHello>("ClientHello", {
  client: clientId,
  replica: replicaId,
  session: logIndex,
  challenge: fixed(LIMITS.nonceBytes),
});

/** §7.4. */
export const fastReads = body<m.FastReads>("FastReads", {
  client: clientId,
  nonce: uint53,
  queries: refine(list(bytes(LIMITS.maxCommandBytes), LIMITS.maxGroup), (queries) => {
    if (queries.length === 0) return "wanted at least one query";
    const size = totalBytes(queries);
    return size <= LIMITS.maxCommandBytes ? null : `wanted at most ${LIMITS.maxCommandBytes} bytes, got ${size}`;
  }),
});

function totalBytes(all: readonly Uint8Array[]): number {
  let sum = 0;
  for (const { length } of all) sum += length;
  return sum;
}

/** `GetCommittedCmd` of the prior designs. */
export const getCommittedCommand = body<m.GetCommittedCommand>("GetCommittedCommand", {
  client: clientId,
  nonce: uint53,
  index: logIndex,
});

/** Asks for the status as JSON. */
export const getStatus = body<m.GetStatus>("GetStatus", { client: clientId, nonce: uint53 });

/** Activate and Deactivate of the prior designs; signed by the operator. */
export const setActive = body<m.SetActive>("SetActive", {
  replica: replicaId,
  active: bool,
  order: uint53,
  nonce: uint53,
});

/** Asks for the start of a backup (§8.3). */
export const getCheckpoint = body<m.GetCheckpoint>("GetCheckpoint", { client: clientId, nonce: uint53 });

/** Asks for chunks of a snapshot, by their digests. */
export const getChunks = body<m.GetChunks>("GetChunks", { client: clientId, nonce: uint53, digests: wantedDigests });

/** Asks for committed entries. */
export const getEntries = body<m.GetEntries>("GetEntries", { client: clientId, nonce: uint53, from: logIndex });

/** Asks for ends of epochs (§13.12). */
export const getEpochs = body<m.GetEpochs>("GetEpochs", { client: clientId, nonce: uint53, epoch });

/** §7.6. */
export const getFeed = body<m.GetFeed>("GetFeed", {
  client: clientId,
  nonce: uint53,
  after: uint53,
  waitMs: atMost(LIMITS.maxFeedWaitMs),
  watch: bytes(LIMITS.maxWatchBytes),
});

type AnyAnswer = m.ReplyPart["answers"][number];

const answer = refine(
  struct<Pick<AnyAnswer, "request" | "outcome" | "index" | "result">>({
    request: hash,
    outcome: enumOf<AnyAnswer["outcome"]>(
      ["applied", "conflict", "expired", "ahead", "unexecuted", "unknown", "void", "busy"],
    ),
    index: logIndex,
    result: bytes(LIMITS.maxAnswerBytes),
  }),
  ({ outcome, result }) =>
    outcome !== "busy" || result.length === BUSY_BYTES ? null : `wanted ${BUSY_BYTES} bytes, got ${result.length}`,
) as Schema<AnyAnswer>;

/** Returns the bytes of results after the first answer, which always fits. */
function resultBytesBeyondFirst(answers: readonly AnyAnswer[]): number {
  let sum = 0;
  for (let i = 1; i < answers.length; i++) sum += answers[i]!.result.length;
  return sum;
}

const answers: Schema<readonly AnyAnswer[]> = refine(
  list(answer, LIMITS.maxAnswers),
  (value) =>
    resultBytesBeyondFirst(value) <= LIMITS.maxReplyBytes
      ? null
      : `wanted at most ${LIMITS.maxReplyBytes} bytes of results beyond the first answer`,
);

/** §7.2h. */
export const reply = body<m.Reply>("Reply", {
  replica: replicaId,
  term,
  leader: optional(replicaId),
  parts: refine(uint53, (parts) => {
    const { maxReplyParts } = LIMITS;
    return parts > 0 && parts <= maxReplyParts ? null : `wanted 1 to ${maxReplyParts}, got ${parts}`;
  }),
  root: hash,
});

/** §7.2h: a leaf of a Reply's tree. */
export const replyPart: Schema<m.ReplyPart> = struct<m.ReplyPart>({ client: clientId, answers });

const readPartFields = struct<m.ReadPart>({
  client: clientId,
  nonce: uint53,
  payloads: list(bytes(LIMITS.maxReplyBytes), LIMITS.maxGroup),
});

/** §7.4: a leaf likewise. It begins with a byte that no id begins with, so that no part of either kind is one of the other. */
export const readPart: Schema<m.ReadPart> = {
  minBytes: 1 + readPartFields.minBytes,
  read: (reader) => {
    const mark = reader.u8();
    if (mark !== 0) reader.fail("bad-value", `wanted 0, got ${mark}`);
    return readPartFields.read(reader);
  },
  write: (writer, value) => {
    writer.u8(0);
    readPartFields.write(writer, value);
  },
};

/** Answers of reads and of the operator's commands. */
export const queryReply = body<m.QueryReply>("QueryReply", {
  replica: replicaId,
  client: id,
  nonce: uint53,
  ok: bool,
  payload: bytes(LIMITS.maxReplyBytes),
});
