/**
 * Payloads of the QueryReplies that backups are made from (§8.3): a version byte, then the value as on the wire. Their content proves
 * itself by hashes and other replicas' signatures; each fits `LIMITS.maxReplyBytes` however large its parts are.
 */
import type { CheckpointProof, CommitCertificate } from "../../../protocol/certificate.ts";
import type { Entry } from "../../../protocol/entry.ts";
import type { LogIndex } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { logIndex } from "../fields.ts";
import { bytes, list, optionals, struct } from "../schema.ts";
import { checkpointProof, commit } from "./certificate.ts";
import { entry } from "./entry.ts";
import { type Codec, codec } from "./storage.ts";

/** Answer to GetCheckpoint. */
export interface CheckpointAnswer {
  /** The stable checkpoint the replica would start from; null before the first. */
  readonly checkpoint: CheckpointProof | null;
  /** The latest commit certificate it holds; null before the first. */
  readonly certificate: CommitCertificate | null;
}

/** Answer to GetEntries. */
export interface EntriesAnswer {
  /** Entries at or below this index have been dropped here. */
  readonly base: LogIndex;
  /** Highest index this replica has committed. */
  readonly commitIndex: LogIndex;
  /** Entries from the index asked for on, as many as fit; none if they are dropped or not committed here. */
  readonly entries: readonly Entry[];
}

export const checkpointAnswerCodec: Codec<CheckpointAnswer> = codec(
  "CheckpointAnswer",
  optionals<CheckpointAnswer>({ checkpoint: checkpointProof, certificate: commit }),
);

/** Answer to GetChunks: those requested chunks that are held, in the order requested, as many as fit. */
export const chunksAnswerCodec: Codec<readonly Uint8Array[]> = codec(
  "ChunksAnswer",
  list(bytes(LIMITS.maxChunkBytes), LIMITS.maxFetchChunks),
);

export const entriesAnswerCodec: Codec<EntriesAnswer> = codec(
  "EntriesAnswer",
  struct<EntriesAnswer>({ base: logIndex, commitIndex: logIndex, entries: list(entry, LIMITS.maxFetchEntries) }),
);
