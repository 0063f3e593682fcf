/**
 * Chooses the state a backup is to hold: the newest checkpoint and the highest commit certificate shown by any source and proven by the
 * roster.
 */
import type { CheckpointProof, CommitCertificate } from "../../protocol/certificate.ts";
import type { ReplicaId } from "../../protocol/ids.ts";
import type { CheckpointAnswer } from "../../transport/codec/mod.ts";
import { pause } from "../loop/pause.ts";
import type { Gathering } from "./gathering.ts";
import type { Trust } from "./trust.ts";

/** A provable state: a checkpoint, a commit certificate above it, or both. */
export interface Target {
  /** Null if there is no checkpoint yet. */
  readonly checkpoint: CheckpointProof | null;
  /** Null if nothing above the checkpoint is certified. */
  readonly certificate: CommitCertificate | null;
  /** Index of the last entry; 0 if nothing is committed yet. */
  readonly index: number;
}

const NOTHING = 0;
/** Wait for further answers once one is enough: a newer checkpoint saves fetching entries. */
const GRACE_MS = 300;
/** Wait before sources that showed too little are asked again. */
const RETRY_MS = 100;

/**
 * Returns the best target the sources can prove. It reaches at least index `atLeast`; if that is null, all sources that answer in time are
 * heard. Throws {@linkcode NoSourceError} if nothing that reaches that far arrives in time.
 */
export async function chooseTarget(gathering: Gathering, atLeast: number | null): Promise<Target> {
  const { ledger, signal, tell, trust } = gathering;
  while (true) {
    tell("target", 0, 0);
    const target = best(trust, await shownBy(gathering, atLeast));
    if (target.index >= (atLeast ?? 1)) return target;
    signal.throwIfAborted();
    ledger.assertHope(`a certificate at or above index ${atLeast ?? 1}, the highest is of index ${target.index}`);
    await pause(RETRY_MS, signal);
  }
}

/** Returns the proven part of every answer. Sources slower than the others are paused for a while. */
async function shownBy(gathering: Gathering, atLeast: number | null): Promise<Target[]> {
  const { ledger, sources, signal, trust } = gathering;
  const shown: Target[] = [];
  const enough = new AbortController();
  const over = AbortSignal.any([enough.signal, signal]);
  const timers: ReturnType<typeof setTimeout>[] = [];
  const asked = ledger.ready().map(async (replica) => {
    const answer = await ledger.ask(replica, over, (options) => sources.checkpoint(replica, options));
    if (enough.signal.aborted) ledger.failed(replica, `${replica} was slower than the others`);
    if (answer === null) return;
    shown.push(check(gathering, replica, answer));
    if (atLeast === null || best(trust, shown).index < atLeast) return;
    timers.push(setTimeout(() => enough.abort(), GRACE_MS));
  });
  try {
    await Promise.all(asked);
    return shown;
  } finally {
    timers.forEach(clearTimeout);
    enough.abort();
  }
}

/** Returns the proven part of `answer`; a replica that shows invalid proofs is not asked again. */
function check({ trust, ledger }: Gathering, replica: ReplicaId, answer: CheckpointAnswer): Target {
  const { checkpoint, certificate } = answer;
  const [isCheckpoint, isCertificate] = [
    checkpoint !== null && trust.provesCheckpoint(checkpoint),
    certificate !== null && trust.provesCommit(certificate),
  ];
  if (isCheckpoint !== (checkpoint !== null)) {
    ledger.exclude(replica, `${replica} showed a checkpoint that is not proven`);
  }
  if (isCertificate !== (certificate !== null)) {
    ledger.exclude(replica, `${replica} showed a commit certificate that is not proven`);
  }
  return join(trust, isCheckpoint ? checkpoint : null, isCertificate ? certificate : null);
}

/** A later epoch begins with a state, without which nothing else is of use. */
function join(
  { genesis }: Trust,
  checkpoint: CheckpointProof | null,
  certificate: CommitCertificate | null,
): Target {
  const from = checkpoint?.stable.index ?? NOTHING;
  const isLacking = checkpoint === null && genesis.stateDigest !== null;
  if (certificate === null || certificate.index <= from) return { checkpoint, certificate: null, index: from };
  return { checkpoint, certificate, index: isLacking ? NOTHING : certificate.index };
}

function best(trust: Trust, shown: readonly Target[]): Target {
  const highest = <T>(values: readonly (T | null)[], indexOf: (value: T) => number): T | null =>
    values.reduce((top, each) => each !== null && (top === null || indexOf(each) > indexOf(top)) ? each : top, null);
  return join(
    trust,
    highest(shown.map(({ checkpoint }) => checkpoint), ({ stable }) => stable.index),
    highest(shown.map(({ certificate }) => certificate), ({ index }) => index),
  );
}
