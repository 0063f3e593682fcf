/**
 * The file of a backup (`docs/backup.md`): magic, version, cluster id, epoch, then records, then the SHA-256 of all before it. A record is
 * `u8 type, u32 length, bytes`. Their order is fixed: the ends of epochs before, a checkpoint proof and the chunks of its snapshot, a commit
 * certificate and the entries up to it; either pair may be missing, not both.
 */
import { DIGEST_BYTES } from "../../protocol/bytes/sizes.ts";
import { LIMITS } from "../../protocol/limits.ts";

/** First bytes of every backup; a line of text, so that anyone who opens the file can tell what it is. */
export const MAGIC = new TextEncoder().encode("bft-raft backup\n");
export const BACKUP_VERSION = 3;
/** The version without epochs: what it holds is of the first. */
export const EPOCHLESS_VERSION = 2;

/** Content of a record. */
export type RecordKind = "end" | "checkpoint" | "chunk" | "certificate" | "entry" | "epoch";

/** Type byte of each kind of record. */
export const RECORD_BYTES: Readonly<Record<RecordKind, number>> = {
  end: 0,
  checkpoint: 1,
  chunk: 2,
  certificate: 3,
  entry: 4,
  epoch: 5,
};

export const RECORD_NAMES: ReadonlyMap<number, RecordKind> = new Map(
  Object.entries(RECORD_BYTES).map(([name, byte]) => [byte, name as RecordKind]),
);

/** Bytes of an entry's version, index, term and length. */
const ENTRY_FRAMING = 1 + 8 + 8 + 4;

/** Longest content of each kind of record, in bytes; nothing longer is read. */
export const RECORD_LIMITS: Readonly<Record<RecordKind, number>> = {
  end: DIGEST_BYTES,
  checkpoint: LIMITS.maxReplyBytes,
  chunk: LIMITS.maxChunkBytes,
  certificate: LIMITS.maxReplyBytes,
  entry: LIMITS.maxEntryBytes + ENTRY_FRAMING,
  epoch: LIMITS.maxReplyBytes,
};
