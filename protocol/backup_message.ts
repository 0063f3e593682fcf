/** Bodies that a client signs who makes a backup (§8.3). */
import type { ClientId, Digest, LogIndex } from "./ids.ts";

/** Client → replica: its stable checkpoint and the latest commit certificate. Whoever makes a backup begins with them (§8.3). */
export interface GetCheckpoint {
  readonly kind: "GetCheckpoint";
  readonly client: ClientId;
  readonly nonce: number;
}

/** Client → replica: chunks of a snapshot, by their digests; at most `LIMITS.maxFetchChunks`, at least one. */
export interface GetChunks {
  readonly kind: "GetChunks";
  readonly client: ClientId;
  readonly nonce: number;
  readonly digests: readonly Digest[];
}

/** Client → replica: committed entries from `from` on. */
export interface GetEntries {
  readonly kind: "GetEntries";
  readonly client: ClientId;
  readonly nonce: number;
  readonly from: LogIndex;
}
