/**
 * What a backup is made of, asked of one replica at a time. Nothing that one answers is believed here; all of it can be checked
 * (`backup/`), so no second replica has to say the same.
 */
import type { Digest, LogIndex, ReplicaId } from "../../protocol/ids.ts";
import {
  type CheckpointAnswer,
  checkpointAnswerCodec,
  chunksAnswerCodec,
  DecodeError,
  type EntriesAnswer,
  entriesAnswerCodec,
} from "../../transport/codec/mod.ts";
import type { QueryMessage } from "../loop/envelope.ts";
import { SourceError } from "../errors.ts";
import { refusalReason } from "./json_payload.ts";
import type { QueryJudge } from "../loop/queries.ts";
import type { CallOptions } from "../loop/requests.ts";

/** Calls to one replica each, by its id. They reject with {@linkcode SourceError}; a call asks once, and whoever makes it repeats it. */
export interface BackupSources {
  readonly replicas: readonly ReplicaId[];
  /** Its stable checkpoint and latest commit certificate, neither of them checked. */
  checkpoint(replica: ReplicaId, options?: CallOptions): Promise<CheckpointAnswer>;
  /** Chunks of a snapshot, as many as it holds and fit an answer; their digests are not compared. At most `LIMITS.maxFetchChunks` are asked for. */
  chunks(replica: ReplicaId, digests: readonly Digest[], options?: CallOptions): Promise<readonly Uint8Array[]>;
  /** Committed entries from `from` on, as many as fit an answer; their hashes are not compared. */
  entries(replica: ReplicaId, from: LogIndex, options?: CallOptions): Promise<EntriesAnswer>;
}

type SourceQuery = Extract<QueryMessage, { readonly kind: "GetCheckpoint" | "GetChunks" | "GetEntries" }>;
type Wanted<Q> = Q extends SourceQuery ? Omit<Q, "client" | "nonce"> : never;

/** Asks one replica one thing, once. */
export type AskOne = <T>(
  replica: ReplicaId,
  wanted: Wanted<SourceQuery>,
  judge: QueryJudge<T>,
  options: CallOptions,
) => Promise<T>;

/** The calls, carried out with `ask`. */
export function backupSources(replicas: readonly ReplicaId[], ask: AskOne): BackupSources {
  return {
    replicas,
    checkpoint: (replica, options = {}) =>
      ask(replica, { kind: "GetCheckpoint" }, judge(replica, "its checkpoint", checkpointAnswerCodec.decode), options),
    chunks: (replica, digests, options = {}) =>
      ask(replica, { kind: "GetChunks", digests }, judge(replica, "chunks", chunksAnswerCodec.decode), options),
    entries: (replica, from, options = {}) =>
      ask(replica, { kind: "GetEntries", from }, judge(replica, "entries", entriesAnswerCodec.decode), options),
  };
}

function judge<T>(replica: ReplicaId, what: string, decode: (payload: Uint8Array) => T): QueryJudge<T> {
  const fault = (text: string, lied: boolean) => ({ error: new SourceError(replica, text, lied) });
  return {
    take(_, ok, payload) {
      if (!ok) return fault(`refused ${what}: ${refusalReason(payload)}`, false);
      try {
        return { value: decode(payload) };
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        return fault(`answered with something else than ${what}`, true);
      }
    },
    expire: (waitedMs) => fault(`did not give ${what} within ${Math.round(waitedMs)} ms`, false),
  };
}
