/**
 * Payloads of the QueryReplies that backups are made of (§8.3): a version byte, then the value as it travels. What is in them proves itself by
 * hashes and other replicas' signatures; each fits `LIMITS.maxReplyBytes` however large its parts are.
 */
import type { CheckpointProof, CommitCertificate } from "../../../protocol/certificate.ts";
import type { Entry } from "../../../protocol/entry.ts";
import type { LogIndex } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { checkpointProof, commit } from "./certificate.ts";
import { entry } from "./entry.ts";
import { logIndex } from "../fields.ts";
import { bytes, list, optionals, struct } from "../schema.ts";
import { type Codec, codec } from "./storage.ts";

/** To GetCheckpoint. */
export interface CheckpointAnswer {
  /** The stable checkpoint the replica would start from; null before the first. */
  readonly checkpoint: CheckpointProof | null;
  /** The latest commit certificate it holds; null before the first. */
  readonly certificate: CommitCertificate | null;
}

/** To GetEntries. */
export interface EntriesAnswer {
  /** Entries at or below this index are dropped here. */
  readonly base: LogIndex;
  /** How far this replica has committed. */
  readonly commitIndex: LogIndex;
  /** From the index asked for on, as many as fit; none where they are dropped or not committed here. */
  readonly entries: readonly Entry[];
}

export const checkpointAnswerCodec: Codec<CheckpointAnswer> = codec(
  "CheckpointAnswer",
  optionals<CheckpointAnswer>({ checkpoint: checkpointProof, certificate: commit }),
);

/** To GetChunks: those chunks asked for that are held, in the order they were asked for, as many as fit. */
export const chunksAnswerCodec: Codec<readonly Uint8Array[]> = codec(
  "ChunksAnswer",
  list(bytes(LIMITS.maxChunkBytes), LIMITS.maxFetchChunks),
);

export const entriesAnswerCodec: Codec<EntriesAnswer> = codec(
  "EntriesAnswer",
  struct<EntriesAnswer>({ base: logIndex, commitIndex: logIndex, entries: list(entry, LIMITS.maxFetchEntries) }),
);
