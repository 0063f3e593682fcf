/** Payloads of records: a transaction, or the state at the beginning of a segment. Both are written as on the wire, field after field. */
import { sha256Hex } from "../../../crypto/digest.ts";
import type { Genesis } from "../../../protocol/config.ts";
import type { ChainedEntry } from "../../../protocol/entry.ts";
import type { Digest, LogIndex } from "../../../protocol/ids.ts";
import { certified, hash, head, logIndex, replicaId, term } from "../../../transport/codec/fields.ts";
import { certificate, checkpointProof, commit } from "../../../transport/codec/messages/certificate.ts";
import { entry } from "../../../transport/codec/messages/entry.ts";
import {
  bool,
  bytes,
  constant,
  decodeExactly,
  type Fields,
  id,
  list,
  optional,
  refine,
  type Schema,
  struct,
  uint53,
} from "../../../transport/codec/schema.ts";
import { union } from "../../../transport/codec/union.ts";
import type { HardState, Recovery, VoteRecord } from "../../core/log/durable_state.ts";
import type { GuardRecord } from "../guard.ts";
import type { LogOperation, SmallState } from "../log_state.ts";
import type { BranchChange } from "./branch_change.ts";

/** A change as a record holds it. */
export type StoredOperation =
  | { [K in LogOperation["op"]]: { readonly kind: K } & Omit<Extract<LogOperation, { op: K }>, "op"> }[
    Exclude<LogOperation["op"], "prepared">
  ]
  | { readonly kind: "prepared"; readonly branch: BranchChange }
    & Pick<
      Extract<LogOperation, { op: "prepared" }>,
      "certificate"
    >;

/** One transaction: its changes in order, and the guard's record after it, null if that did not change. */
export interface StoredTransaction {
  readonly kind: "transaction";
  readonly operations: readonly StoredOperation[];
  readonly guard: GuardRecord | null;
}

/** The state that all segments before this one come to, and who they belong to. */
export interface SegmentHead extends SmallState {
  /** "head" in epoch 1, "head-of-epoch" in all later ones. */
  readonly kind: "head" | "head-of-epoch";
  readonly cluster: string;
  readonly replica: string;
  /** Number of the segment, 1 for the first of a log, and bytes of its file. */
  readonly segment: number;
  readonly bytes: number;
  /** Index of the last entry. */
  readonly lastIndex: LogIndex;
  readonly guard: GuardRecord;
}

const MAX_OPERATIONS = 65_536;
const MAX_ENTRIES = 2 ** 24;
const MAX_VOTE_BYTES = 4096;

/** An entry and its place in the chain. A body that is no list of requests is never written. */
const chained: Schema<ChainedEntry> = refine(
  {
    minBytes: entry.minBytes + hash.minBytes,
    read: (reader): ChainedEntry => {
      const read = entry.read(reader);
      return { entry: read, digest: sha256Hex(read.body) as Digest, hash: hash.read(reader) };
    },
    write: (writer, value) => {
      entry.write(writer, value.entry);
      hash.write(writer, value.hash);
    },
  },
  ({ entry: { index, requests } }) => requests === null ? `entry ${index} is no well-formed list of requests` : null,
);
const entries = list(chained, MAX_ENTRIES);

const vote = struct<VoteRecord>({ candidate: replicaId, base: certified });
const recovery = struct<Recovery>({ nonce: hash, bar: optional(term) });
const hardState = struct<HardState>({
  currentTerm: term,
  vote: optional(vote),
  ack: optional(head),
  noMoreAcks: bool,
  preVoted: term,
  recovery: optional(recovery),
});
const guard = struct<GuardRecord>({
  ackTerm: term,
  ack: optional(head),
  ackSettled: bool,
  voteTerm: term,
  voteBody: optional(bytes(MAX_VOTE_BYTES)),
  bar: term,
});
const genesis: Schema<Genesis> = refine(
  struct<Genesis>({ epoch: uint53, index: logIndex, hash, stateDigest: optional(hash) }),
  ({ epoch, stateDigest }) => epoch < 2 || stateDigest === null ? `epoch ${epoch} has no genesis of its own` : null,
);
const branch = struct<BranchChange>({ below: entries, from: uint53, to: uint53, above: entries });
const ofKind = <K extends StoredOperation["kind"]>(
  kind: K,
  fields: Fields<Omit<Extract<StoredOperation, { kind: K }>, "kind">>,
) => struct({ kind: constant(kind), ...fields } as unknown as Fields<Extract<StoredOperation, { kind: K }>>);

const operation = union<StoredOperation>({
  "hard-state": [1, ofKind("hard-state", { state: hardState })],
  append: [2, ofKind("append", { entries })],
  truncate: [3, ofKind("truncate", { after: logIndex })],
  prepared: [4, ofKind("prepared", { certificate, branch })],
  commit: [5, ofKind("commit", { index: logIndex, certificate: commit })],
  checkpoint: [6, ofKind("checkpoint", { proof: checkpointProof })],
  compact: [7, ofKind("compact", { base: head })],
  "restart-log": [8, ofKind("restart-log", { base: head })],
  transfer: [9, ofKind("transfer", { proof: optional(checkpointProof) })],
  "begin-epoch": [10, ofKind("begin-epoch", { genesis, held: bool, recovery: optional(recovery) })],
});

const transaction = struct<StoredTransaction>({
  kind: constant("transaction"),
  operations: list(operation, MAX_OPERATIONS),
  guard: optional(guard),
});
const headFields: Fields<Omit<SegmentHead, "kind" | "genesis">> = {
  cluster: id,
  replica: id,
  segment: uint53,
  bytes: uint53,
  hardState,
  guard,
  base: optional(head),
  lastIndex: logIndex,
  prepared: optional(certificate),
  branch: entries,
  commitIndex: logIndex,
  commitCertificate: optional(commit),
  checkpoint: optional(checkpointProof),
  transfer: optional(checkpointProof),
};
const firstHead = struct<FirstHead>({ kind: constant("head"), genesis: constant(null), ...headFields });
const laterHead = struct<LaterHead>({ kind: constant("head-of-epoch"), genesis, ...headFields });

type FirstHead = SegmentHead & { readonly kind: "head"; readonly genesis: null };
type LaterHead = SegmentHead & { readonly kind: "head-of-epoch"; readonly genesis: Genesis };

/** The content of a record. */
export type Payload = StoredTransaction | SegmentHead;

export const payload: Schema<Payload> = union<StoredTransaction | FirstHead | LaterHead>({
  transaction: [1, transaction],
  head: [2, firstHead],
  "head-of-epoch": [3, laterHead],
}) as Schema<Payload>;

/** Returns the payload in these bytes. Throws DecodeError on any that no record has. */
export const decodePayload = (given: Uint8Array): Payload => decodeExactly(payload, given, "record");
