/** The part of a status on checkpoints, state transfer and recovery (§8.2–§8.4). */
import type { CoreState } from "../core/state.ts";

/** The progress of a state transfer, for an operator who waits for it. */
export interface StateTransferStatus {
  /** Index of the checkpoint fetched. */
  readonly index: number;
  readonly chunksReceived: number;
  readonly bytesReceived: number;
  /** Null until the whole manifest is known. */
  readonly chunksMissing: number | null;
  /** Replicas that owe an answer. */
  readonly askedOf: readonly string[];
}

/** The progress of a learner (§8.4): it becomes a full member with a commit in a term above `bar`. */
export interface RecoveryStatus {
  /** Null until `wanted` replicas have answered its roll call. */
  readonly bar: number | null;
  readonly answers: number;
  readonly wanted: number;
}

export function recoveryStatus(state: CoreState) {
  const { stableProof } = state.checkpoints;
  return {
    checkpoint: stableProof === null
      ? null
      : { index: stableProof.stable.index, stateDigest: stableProof.stable.stateDigest },
    logBase: state.log.base.index,
    stateTransfer: stateTransferOf(state),
    recovery: recoveryOf(state),
  };
}

/** Returns the transfer in progress, null if there is none. */
export function stateTransferOf({ transfer }: Pick<CoreState, "transfer">): StateTransferStatus | null {
  if (transfer === null) return null;
  const asked = [...transfer.sources].filter(([, { request }]) => request !== null);
  const outstanding = asked.reduce((sum, [, { request }]) => sum + request!.digests.size, transfer.missing.size);
  const known = transfer.head !== null && transfer.lists.every((list) => list !== null);
  return {
    index: transfer.target.stable.index,
    chunksReceived: transfer.received,
    bytesReceived: transfer.receivedBytes,
    chunksMissing: known ? outstanding : null,
    askedOf: asked.map(([id]) => id),
  };
}

function recoveryOf({ hard: { recovery }, rollCall, quorumSizes }: CoreState): RecoveryStatus | null {
  return recovery === null ? null : { bar: recovery.bar, answers: rollCall.answers.size, wanted: quorumSizes.quorum };
}
