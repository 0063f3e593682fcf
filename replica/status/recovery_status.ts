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

/** A learner (§8.4): it becomes a full member with a commit in a term above `bar`, once what was committed before is applied here. */
export interface RecoveryStatus {
  /** Null until `wanted` replicas have answered its roll call. */
  readonly bar: number | null;
  readonly answers: number;
  readonly wanted: number;
  /** The term it knows the others to be in; while that is not above `bar`, it takes changes of leader until it is. */
  readonly term: number;
  /** Says what it waits for now, and what brings that about. */
  readonly waitsFor: string;
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

function recoveryOf({ hard, rollCall, quorumSizes }: CoreState): RecoveryStatus | null {
  const { recovery, currentTerm } = hard;
  if (recovery === null) return null;
  const { bar } = recovery;
  const [answers, wanted] = [rollCall.answers.size, quorumSizes.quorum];
  return { bar, answers, wanted, term: currentTerm, waitsFor: waitsFor(bar, currentTerm, wanted - answers) };
}

function waitsFor(bar: number | null, term: number, unanswered: number): string {
  if (bar === null) return `${unanswered} more replicas to answer its roll call; they have to be running and in reach`;
  if (term > bar) {
    return `what is committed in term ${term} to be applied here; a write brings that about if nothing else does`;
  }
  return `a leader in a term above ${bar}, and a commit there. The cluster is in term ${term}: each change of leader raises that, ` +
    `usually by one; one that has led for long hands over for a learner. A replica that lied when it was asked is asked again, which may lower the bar`;
}
