/** Checkpoints (§8.2): freezing the replicated state, writing its snapshot, agreeing on its digest, dropping the log before it. */
import type { CheckpointProof } from "../../../protocol/certificate.ts";
import type { Digest, LogIndex, ReplicaId } from "../../../protocol/ids.ts";
import { assertInvariant } from "../../../protocol/invariant.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { Checkpoint } from "../../../protocol/message.ts";
import type { Ports } from "../../../protocol/ports.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { freezeSessions } from "../../../protocol/snapshot/session_chunks.ts";
import { freezeMachine } from "../../../protocol/snapshot/snapshot_source.ts";
import { nextChunks, startSnapshot, writtenDigests } from "../../../protocol/snapshot/snapshot_writer.ts";
import { type Context, note, send } from "../context.ts";
import { ownEnd } from "../epochs/ended.ts";
import { commitCertificateAt } from "../log/commit_certificate.ts";
import { compact, dropChunks, putChunks, setCheckpoint } from "../log/durable.ts";
import { entryAt, headAt } from "../log/log.ts";
import type { CoreState } from "../state.ts";
import { ACCEPT, ignore, type Verdict } from "../verdict.ts";
import type { CheckpointState, Snapshot } from "./checkpoint_state.ts";

export const emptyCheckpoints = (
  stableProof: CheckpointProof | null,
  stableDigests: readonly Digest[],
): CheckpointState => ({
  stableProof,
  stableDigests,
  writing: [],
  open: [],
  commits: new Map(),
  heard: new Map(),
  repeatAt: -Infinity,
  toldAt: new Map(),
  garbage: new Map(),
  dropped: new Set(),
  strays: true,
});

/** Returns the index of the stable checkpoint held, 0 before the first. */
export const stableIndex = ({ checkpoints: { stableProof } }: CoreState): LogIndex =>
  stableProof?.stable.index ?? (0 as LogIndex);

/** Returns whether applying must wait: it is too far ahead of the snapshots, and each replica must make every one of them (§8.2). */
export const snapshotsPending = ({ checkpoints: { writing } }: CoreState): boolean =>
  writing.length >= LIMITS.maxSnapshotsInWriting;

/** Returns whether there is work on snapshots besides that which packets and time bring. */
export const hasSnapshotWork = ({ checkpoints: { writing }, transfer }: CoreState): boolean =>
  writing.length > 0 || transfer?.complete === true;

/** Freezes the state as it is right after the entry at `index` was applied, to be written as a snapshot. */
export function beginSnapshot({ state, ports }: Context, index: LogIndex): void {
  if (index <= stableIndex(state)) return;
  const writer = startSnapshot(freezeSessions(state.sessions), freezeMachine(ports.machine, ports.hash));
  state.checkpoints.writing.push({ ...headAt(state.log, index), writer });
}

/** Returns whether `digest` is on disk and stays there: a chunk that this step or an uncommitted one drops counts as gone. */
export function holdsChunk({ state: { checkpoints }, ports }: Context, digest: Digest): boolean {
  if (checkpoints.dropped.has(digest)) return false;
  checkpoints.garbage.delete(digest);
  return ports.chunks.has(digest);
}

/** Writes about `maxBytes` of the oldest snapshot in writing. Once it is complete and durable, it is published as a Checkpoint. */
export function writeSnapshot(context: Context, maxBytes: number): void {
  const { state } = context;
  const [oldest] = state.checkpoints.writing;
  if (!oldest) return;
  const { chunks, done } = nextChunks(oldest.writer, writerPorts(context), maxBytes);
  putChunks(context, chunks);
  if (done === null) return;
  state.checkpoints.writing.shift();
  const { open } = state.checkpoints;
  open.push({ index: oldest.index, hash: oldest.hash, ...done });
  while (open.length > LIMITS.maxOpenCheckpoints) markGarbage(context, open.shift()!.digests);
  note(context, "debug", "snapshot-written", {
    index: oldest.index,
    digest: done.stateDigest,
    chunks: done.digests.length,
  });
  publishCheckpoint(context);
  stabilize(context);
}

function writerPorts(context: Context): Pick<Ports, "hash" | "chunks"> {
  const { hash, chunks } = context.ports;
  const has = (digest: Digest) => holdsChunk(context, digest);
  return { hash, chunks: { has, read: (digest) => chunks.read(digest), digests: () => chunks.digests() } };
}

/** Publishes the newest Checkpoint that is not stable yet; repeated, since it may have been lost. */
function publishCheckpoint(context: Context): void {
  const { state, now } = context;
  const newest = state.checkpoints.open.at(-1);
  if (!newest) return;
  state.checkpoints.repeatAt = now + state.config.constants.electionTimeoutMs / 2;
  send(context, "all", { kind: "Checkpoint", signed: checkpointOf(state, newest) });
}

const checkpointOf = ({ config }: CoreState, { index, hash, stateDigest }: Omit<Snapshot, "digests">): Checkpoint => ({
  kind: "Checkpoint",
  replica: config.self,
  index,
  hash,
  stateDigest,
});

/** On every tick: repeats the newest Checkpoint that is not stable yet, and drops chunks whose time has come. */
export function tickCheckpoints(context: Context): void {
  const { checkpoints, transfer } = context.state;
  if (checkpoints.open.length > 0 && context.now >= checkpoints.repeatAt) publishCheckpoint(context);
  checkpoints.dropped = new Set(); // the chunks dropped on the tick before are off the disk now, or have been fetched again
  if (transfer === null) dropGarbage(context);
}

export function tellStable(context: Context, replica: ReplicaId): Verdict {
  const { state, now } = context;
  const { stableProof, toldAt } = state.checkpoints;
  const interval = state.config.constants.electionTimeoutMs / 4;
  const due = now >= (toldAt.get(replica) ?? -Infinity) + interval;
  const isOwn = stableProof !== null && stableProof.stable.checkpoints.length > 0; // nobody signs one of the genesis
  if (!isOwn || replica === state.config.self || !due) return ignore("stable-already");
  toldAt.set(replica, now);
  send(context, [replica], { kind: "Checkpoint", signed: checkpointOf(state, stableProof.stable) });
  return ACCEPT;
}

/**
 * Looks for an open snapshot, newest first, that Q different replicas certify. I6: a quorum for another state at one index means that this
 * replica's own state is wrong, and it stops.
 */
export function stabilize(context: Context): void {
  const { state } = context;
  for (const snapshot of [...state.checkpoints.open].reverse()) {
    const shown = state.shownEnd?.proof.stable.index === snapshot.index ? state.shownEnd.proof : null;
    const checkpoints = shown?.stable.checkpoints ?? quorumAt(state, snapshot.index);
    if (checkpoints === null) continue;
    const { hash, stateDigest } = checkpoints[0]!.message;
    assertInvariant(
      hash === snapshot.hash && stateDigest === snapshot.stateDigest,
      "I6",
      `state ${snapshot.stateDigest} at index ${snapshot.index}, where a quorum has ${stateDigest}`,
    );
    const commit = shown?.commit ?? commitCertificateAt(state, snapshot.index);
    if (commit === null) continue; // committed before a restart, and too far below for the certificate's links: the next checkpoint will do
    const stable = { index: snapshot.index, hash, stateDigest, checkpoints };
    return becomeStable(context, snapshot, { stable, commit });
  }
}

/** Returns Q Checkpoints of different replicas that agree at `index`, or null. */
function quorumAt(
  { checkpoints: { heard }, quorumSizes }: CoreState,
  index: LogIndex,
): readonly Signed<Checkpoint>[] | null {
  const groups = new Map<string, Signed<Checkpoint>[]>();
  for (const byIndex of heard.values()) {
    const signed = byIndex.get(index);
    if (!signed) continue;
    const key = `${signed.message.hash} ${signed.message.stateDigest}`;
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(signed);
    if (group.length >= quorumSizes.quorum) return group;
  }
  return null;
}

function becomeStable(context: Context, snapshot: Snapshot, proof: CheckpointProof): void {
  const { state } = context;
  setCheckpoint(context, proof);
  adoptStable(context, snapshot.digests);
  compactLog(context);
  state.ended = ownEnd(state, context.ports.changes);
  const { index } = proof.stable;
  note(context, "debug", "checkpoint", { index, digest: snapshot.stateDigest, logBase: state.log.base.index });
}

/** Adopts the new stable checkpoint's snapshot, and drops everything at or below its index. */
export function adoptStable(context: Context, digests: readonly Digest[]): void {
  const { checkpoints } = context.state;
  const { index } = checkpoints.stableProof!.stable;
  const before = [checkpoints.stableDigests, ...checkpoints.open.map((open) => open.digests)];
  checkpoints.stableDigests = digests;
  for (const digest of digests) checkpoints.garbage.delete(digest); // some may have been strays while they were fetched
  checkpoints.open = checkpoints.open.filter((open) => open.index > index);
  for (const list of before) markGarbage(context, list);
  if (checkpoints.strays) markGarbage(context, context.ports.chunks.digests());
  checkpoints.strays = false;
  for (const above of [checkpoints.commits, ...checkpoints.heard.values()]) {
    for (const at of above.keys()) if (at <= index) above.delete(at);
  }
}

/**
 * Drops entries below the stable checkpoint except for a tail, bounded in entries and bytes. ⚠ The checkpoint's own entry stays: the term
 * of the next entry is judged by it (§3.1).
 */
export function compactLog(context: Context): void {
  const { log, config, commitIndex } = context.state;
  const stable = Math.min(stableIndex(context.state), commitIndex);
  const lowest = Math.max(log.base.index, stable - Math.max(1, config.constants.logTail));
  let [base, bytes] = [stable, 0];
  while (base > lowest) {
    bytes += entryAt(log, base as LogIndex)?.entry.body.length ?? 0;
    if (bytes > LIMITS.maxTailBytes) break;
    base--;
  }
  if (base > log.base.index) compact(context, headAt(log, base as LogIndex));
}

/** Marks those of `digests` that are chunks of no snapshot here, for dropping after a while: peers may be fetching them. */
export function markGarbage({ state: { checkpoints }, now }: Context, digests: Iterable<Digest>): void {
  const { stableDigests, open, writing, garbage } = checkpoints;
  const lists = [
    stableDigests,
    ...open.map((snapshot) => snapshot.digests),
    ...writing.map((w) => writtenDigests(w.writer)),
  ];
  const wanted = new Set(lists.flat());
  for (const digest of digests) {
    if (!wanted.has(digest) && !garbage.has(digest)) garbage.set(digest, now + LIMITS.chunkRetentionMs);
  }
}

/** Drops chunks marked long enough ago, the earliest first; more than two snapshots' worth does not wait. */
function dropGarbage(context: Context): void {
  const { checkpoints } = context.state;
  const { garbage, stableDigests } = checkpoints;
  const excess = garbage.size - 2 * stableDigests.length - LIMITS.maxDroppedChunks;
  const due: Digest[] = [];
  for (const [digest, at] of garbage) {
    if ((context.now < at && due.length >= excess) || due.length >= LIMITS.maxDroppedChunks) break;
    due.push(digest);
  }
  for (const digest of due) garbage.delete(digest);
  checkpoints.dropped = new Set(due);
  dropChunks(context, due);
}
