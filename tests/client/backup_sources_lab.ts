/** Replicas that show a lab's history to the maker of a backup, each faulty as its script says. */
import type { BackupSources } from "../../client/calls/backup_sources.ts";
import { SourceError } from "../../client/errors.ts";
import type { CallOptions } from "../../client/loop/requests.ts";
import type { EpochEnd } from "../../protocol/epochs/epoch_end.ts";
import type { Digest, LogIndex, ReplicaId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { chunksHeld, committedEntries } from "../../replica/answers/backup_queries.ts";
import type { CoreState } from "../../replica/core/state.ts";
import {
  type CheckpointAnswer,
  chunksAnswerCodec,
  type EntriesAnswer,
  entriesAnswerCodec,
} from "../../transport/codec/mod.ts";
import type { BackupLab } from "./backup_lab.ts";

type Awaitable<T> = T | Promise<T>;

/** A replica's deviations from the true answers. Everything left out is honest; null is silence. */
export interface SourceScript {
  readonly checkpoint?: (truth: CheckpointAnswer) => Awaitable<CheckpointAnswer | null>;
  readonly chunks?: (
    truth: readonly Uint8Array[],
    digests: readonly Digest[],
  ) => Awaitable<readonly Uint8Array[] | null>;
  readonly entries?: (truth: EntriesAnswer, from: LogIndex) => Awaitable<EntriesAnswer | null>;
  readonly ends?: (truth: readonly EpochEnd[], epoch: number) => Awaitable<readonly EpochEnd[] | null>;
}

/** Progress of a lab's replicas. Tests change it as they go. */
export interface KeptHistory {
  /** Index of the stable checkpoint; 0 for none. */
  checkpoint: number;
  commitIndex: number;
  /** Entries at or below this index are dropped. */
  base: number;
}

export const SILENT_SOURCE: SourceScript = {
  checkpoint: () => null,
  chunks: () => null,
  entries: () => null,
  ends: () => null,
};

/** Returns sources of `lab`, and a count of each call. */
export function labSources(
  lab: BackupLab,
  kept: KeptHistory,
  scripts: Readonly<Record<string, SourceScript>> = {},
): BackupSources & { readonly calls: string[] } {
  const calls: string[] = [];
  const answer = async <T>(replica: ReplicaId, call: string, given: Awaitable<T | null>, options: CallOptions = {}) => {
    calls.push(`${replica} ${call}`);
    return await given ?? await silence(replica, options);
  };
  return {
    calls,
    replicas: lab.roster.replicas.map(({ id }) => id),
    checkpoint(replica, options) {
      const { checkpoint, commitIndex } = kept;
      const truth: CheckpointAnswer = {
        checkpoint: checkpoint === 0 ? null : lab.proof(checkpoint),
        certificate: commitIndex === 0 ? null : lab.certificate(commitIndex),
      };
      return answer(replica, "checkpoint", bent(scripts[replica]?.checkpoint, truth), options);
    },
    chunks(replica, digests, options) {
      if (digests.length > LIMITS.maxFetchChunks) throw new Error(`${digests.length} chunks were asked for at once`);
      const truth = chunksAnswerCodec.decode(chunksHeld(lab.chunks, digests).payload);
      const given = scripts[replica]?.chunks;
      return answer(replica, "chunks", given === undefined ? truth : given(truth, digests), options);
    },
    entries(replica, from, options) {
      const truth = entriesAnswerCodec.decode(committedEntries(stateOf(lab, kept), from).payload);
      const given = scripts[replica]?.entries;
      return answer(replica, "entries", given === undefined ? truth : given(truth, from), options);
    },
    ends(replica, epoch, options) {
      const truth = lab.ends.filter((end) => end.epoch >= epoch).slice(0, LIMITS.maxEpochEnds);
      const given = scripts[replica]?.ends;
      return answer(replica, "ends", given === undefined ? truth : given(truth, epoch), options);
    },
  };
}

const bent = <T>(script: ((truth: T) => Awaitable<T | null>) | undefined, truth: T): Awaitable<T | null> =>
  script === undefined ? truth : script(truth);

/** Returns the part of a core's state that serving entries reads. */
function stateOf(lab: BackupLab, { base, commitIndex }: KeptHistory): CoreState {
  const log = { base: lab.head(base), entries: lab.chain.slice(base - lab.genesis.index) };
  return { log, commitIndex } as Partial<CoreState> as CoreState;
}

/** Settles as a call to a replica that does not answer. */
function silence(replica: ReplicaId, { timeoutMs = 1000, signal }: CallOptions): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal?.aborted ? signal.reason : new SourceError(replica, "did not answer", false));
    };
    const timer = setTimeout(end, timeoutMs);
    signal?.addEventListener("abort", end, { once: true });
  });
}
