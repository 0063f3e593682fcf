/**
 * Fetches the parts of a backup from one replica at a time. A single replica's answer is not trusted here; all of it can be verified
 * (`backup/`), so no second replica has to give the same one.
 */
import type { EpochEnd } from "../../protocol/epochs/epoch_end.ts";
import type { Digest, LogIndex, ReplicaId } from "../../protocol/ids.ts";
import {
  type CheckpointAnswer,
  checkpointAnswerCodec,
  chunksAnswerCodec,
  DecodeError,
  type EntriesAnswer,
  entriesAnswerCodec,
  epochsAnswerCodec,
} from "../../transport/codec/mod.ts";
import { SourceError } from "../errors.ts";
import type { QueryMessage } from "../loop/envelope.ts";
import type { QueryJudge } from "../loop/queries.ts";
import type { CallOptions } from "../loop/requests.ts";
import { refusalReason } from "./json_payload.ts";

/**
 * Calls to one replica each, by its id. They reject with {@linkcode SourceError}; a call asks once, and repeating it is up to the caller.
 */
export interface BackupSources {
  readonly replicas: readonly ReplicaId[];
  /** Resolves to its stable checkpoint and latest commit certificate, both unverified. */
  checkpoint(replica: ReplicaId, options?: CallOptions): Promise<CheckpointAnswer>;
  /**
   * Resolves to as many of the chunks as it holds and one answer fits, digests unverified. `LIMITS.maxFetchChunks` at most may be asked
   * for.
   */
  chunks(replica: ReplicaId, digests: readonly Digest[], options?: CallOptions): Promise<readonly Uint8Array[]>;
  /** Resolves to committed entries from index `from` on, as many as one answer fits; their hashes are unverified. */
  entries(replica: ReplicaId, from: LogIndex, options?: CallOptions): Promise<EntriesAnswer>;
  /** Resolves to ends of epochs from `epoch` on, as many as one answer fits; none if it lacks that one. Unverified. */
  ends(replica: ReplicaId, epoch: number, options?: CallOptions): Promise<readonly EpochEnd[]>;
}

type SourceQuery = Extract<QueryMessage, { readonly kind: "GetCheckpoint" | "GetChunks" | "GetEntries" | "GetEpochs" }>;
type Wanted<Q> = Q extends SourceQuery ? Omit<Q, "client" | "nonce"> : never;

/** Asks one replica one question, once. */
export type AskOne = <T>(
  replica: ReplicaId,
  wanted: Wanted<SourceQuery>,
  judge: QueryJudge<T>,
  options: CallOptions,
) => Promise<T>;

/** Returns the calls to `replicas`, carried out with `ask`. */
export function backupSources(replicas: () => readonly ReplicaId[], ask: AskOne): BackupSources {
  return {
    get replicas() {
      return replicas();
    },
    checkpoint: (replica, options = {}) =>
      ask(replica, { kind: "GetCheckpoint" }, judge(replica, "its checkpoint", checkpointAnswerCodec.decode), options),
    chunks: (replica, digests, options = {}) =>
      ask(replica, { kind: "GetChunks", digests }, judge(replica, "chunks", chunksAnswerCodec.decode), options),
    entries: (replica, from, options = {}) =>
      ask(replica, { kind: "GetEntries", from }, judge(replica, "entries", entriesAnswerCodec.decode), options),
    ends: (replica, epoch, options = {}) =>
      ask(replica, { kind: "GetEpochs", epoch }, judge(replica, "ends of epochs", epochsAnswerCodec.decode), options),
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
