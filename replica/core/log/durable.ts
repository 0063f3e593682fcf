/**
 * The only places where durable state changes (§4.1). Each change is made in memory at once and output to be persisted; nothing signed
 * leaves before that is done.
 */
import type { Certificate, CheckpointProof, CommitCertificate } from "../../../protocol/certificate.ts";
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import type { Digest, LogIndex } from "../../../protocol/ids.ts";
import { assertInvariant } from "../../../protocol/invariant.ts";
import type { Chunk } from "../../../protocol/ports.ts";
import { compareRank } from "../../../protocol/rank.ts";
import type { Context } from "../context.ts";
import { endsInStop } from "../epochs/stop_sign.ts";
import type { CoreState } from "../state.ts";
import type { HardState } from "./durable_state.ts";
import {
  appendTo,
  compactTo,
  contains,
  hashAt,
  lastIndex,
  passesThrough,
  restartAt,
  slice,
  truncateTo,
} from "./log.ts";

/** Replaces fields of the small durable record. */
export function setHardState({ state, out }: Context, change: Partial<HardState>): void {
  const next = { ...state.hard, ...change };
  assertInvariant(
    next.currentTerm >= state.hard.currentTerm,
    "internal",
    `term ${next.currentTerm} after a higher one`,
  );
  state.hard = next;
  out.persist.push({ op: "hard-state", state: next });
}

/** Acks `head` in currentTerm. I2: the new ack's chain passes through the old one (§4.2). */
export function setAck(context: Context, head: Head): void {
  const { hard, log } = context.state;
  assertInvariant(!hard.noMoreAcks, "I2", `acked ${head.index} after catch-up replaced an acked entry`);
  assertInvariant(contains(log, head), "I2", `acked ${head.index}, which is not on the log`);
  if (hard.ack) {
    assertInvariant(hard.ack.index <= head.index, "I2", `acked ${head.index} after ${hard.ack.index}`);
    assertInvariant(passesThrough(log, hard.ack), "I2", `the chain acked now misses the ack at ${hard.ack.index}`);
  }
  setHardState(context, { ack: head });
}

/** Appends chained entries after the last one. Entries of the branch that are on the log now are no longer kept aside (§6.8). */
export function append(context: Context, entries: readonly ChainedEntry[]): void {
  if (entries.length === 0) return;
  const { state, out, ports } = context;
  assertInvariant(
    !endsInStop(state.log, ports.changes),
    "I11",
    `appended ${entries[0]!.entry.index} behind a stop-sign`,
  );
  appendTo(state.log, entries);
  out.persist.push({ op: "append", entries });
  const missing = state.branch.filter(({ entry, hash }) => hashAt(state.log, entry.index) !== hash);
  if (missing.length < state.branch.length) setPrepared(context, state.prepared, missing);
}

/**
 * Removes every entry above `after`, keeping those under the highest certificate aside (§6.8). I5: never an entry at or below the commit
 * index.
 */
export function truncate(context: Context, after: LogIndex): void {
  const { state, out } = context;
  if (after >= lastIndex(state.log)) return;
  assertInvariant(after >= state.commitIndex, "I5", `truncating to ${after} below commit index ${state.commitIndex}`);
  const moved = preparedBehind(state, after);
  truncateTo(state.log, after);
  out.persist.push({ op: "truncate", after });
  if (moved.length > 0) setPrepared(context, state.prepared, [...moved, ...state.branch]);
}

/** Returns the log entries above `after` that the highest certificate covers and the branch does not hold yet. */
function preparedBehind({ log, prepared, branch, commitIndex }: CoreState, after: LogIndex): ChainedEntry[] {
  if (prepared.index <= commitIndex) return [];
  const held = branch[0] ? branch[0].entry.index - 1 : contains(log, prepared) ? prepared.index : 0;
  return slice(log, after, held as LogIndex);
}

/** Adopts `certificate` with the entries under it that are not on the log. I9: rank never decreases. */
export function setPrepared({ state, out }: Context, certificate: Certificate, branch: readonly ChainedEntry[]): void {
  const order = compareRank(certificate, state.prepared);
  assertInvariant(order >= 0, "I9", `rank (${certificate.term}, ${certificate.index}) below the one held`);
  assertInvariant(
    order > 0 || certificate.hash === state.prepared.hash,
    "I3",
    `two certificates of rank (${certificate.term}, ${certificate.index})`,
  );
  assertInvariant(
    order === 0 || certificate.term <= state.hard.currentTerm,
    "internal",
    `a certificate of term ${certificate.term} adopted in term ${state.hard.currentTerm}`,
  );
  state.prepared = certificate;
  state.branch = [...branch];
  out.persist.push({ op: "prepared", certificate, branch: state.branch });
}

/** Adopts `certificate` if it outranks the one held and its entries are on the log; returns whether it did (§5.5). */
export function raiseRank(context: Context, certificate: Certificate): boolean {
  const { state } = context;
  if (compareRank(certificate, state.prepared) <= 0 || !contains(state.log, certificate)) return false;
  assertSameChain(state, certificate);
  setPrepared(context, certificate, []);
  state.publication.due = true;
  return true;
}

/** I3: certificates of one term lie on one chain. */
function assertSameChain({ log, prepared }: CoreState, certificate: Certificate): void {
  if (certificate.term !== prepared.term || certificate.term === 0) return;
  const { term, index } = prepared;
  assertInvariant(
    passesThrough(log, prepared),
    "I3",
    `certificates of term ${term} on two chains, the lower at ${index}`,
  );
}

/** Advances the commit index to `index` on the log. I10: it never decreases. */
export function setCommit(context: Context, index: LogIndex, certificate: CommitCertificate): void {
  const { state, out } = context;
  assertInvariant(index > state.commitIndex, "I10", `commit index ${index} after ${state.commitIndex}`);
  assertInvariant(hashAt(state.log, index) !== undefined, "internal", `committed ${index}, which is not on the log`);
  state.commitIndex = index;
  state.commitCertificate = certificate;
  out.persist.push({ op: "commit", index, certificate });
  if (state.branch.length > 0 && state.prepared.index <= index) setPrepared(context, state.prepared, []);
}

/** Drops the entries at or below `base`. I5: only committed ones, covered by a snapshot that a quorum certifies (§8.2). */
export function compact({ state, out }: Context, base: Head): void {
  const stable = state.checkpoints.stableProof?.stable.index ?? 0;
  assertInvariant(
    base.index <= Math.min(state.commitIndex, stable),
    "I5",
    `dropped up to ${base.index}, stable is ${stable}`,
  );
  compactTo(state.log, base);
  out.persist.push({ op: "compact", base });
}

/**
 * Drops the whole log, which ends before `base` or misses it, and restarts it after that committed point (§8.3). Entries of the branch
 * above it are kept (§6.8); an ack that cannot be shown to lie below it ends acking in this term (§8.1).
 */
export function restartLog(context: Context, base: Head): void {
  const { state, out } = context;
  assertInvariant(
    base.index > state.commitIndex,
    "I10",
    `log restarted at ${base.index}, committed ${state.commitIndex}`,
  );
  assertInvariant(!contains(state.log, base), "internal", `log restarted at ${base.index}, which is on it`);
  const { branch, prepared, hard } = state;
  restartAt(state.log, base);
  out.persist.push({ op: "restart-log", base });
  if (branch.length > 0) setPrepared(context, prepared, branch.filter(({ entry }) => entry.index > base.index));
  if (hard.ack !== null && hard.ack.index > state.commitIndex) setHardState(context, { noMoreAcks: true });
}

/** Sets the stable checkpoint to start from. I10: it never goes back. */
export function setCheckpoint({ state, out }: Context, proof: CheckpointProof): void {
  const { index } = proof.stable;
  const before = state.checkpoints.stableProof?.stable.index ?? 0;
  assertInvariant(index > before, "I10", `stable checkpoint ${index} after ${before}`);
  assertInvariant(index <= state.commitIndex, "I5", `stable checkpoint ${index} above commit ${state.commitIndex}`);
  state.checkpoints.stableProof = proof;
  out.persist.push({ op: "checkpoint", proof });
}

/** Sets the snapshot that is fetched from now on, or none. */
export function setTransferProof({ out }: Context, proof: CheckpointProof | null): void {
  out.persist.push({ op: "transfer", proof });
}

/** Puts chunks of a snapshot on disk, before anything rests on them. */
export function putChunks({ out }: Context, chunks: readonly Chunk[]): void {
  if (chunks.length > 0) out.persist.push({ op: "chunks", chunks });
}

/** Drops chunks that no snapshot needs. */
export function dropChunks({ out }: Context, digests: readonly Digest[]): void {
  if (digests.length > 0) out.persist.push({ op: "drop-chunks", digests });
}
