/** State transfer (§8.3): fetching a certified snapshot, chunk by chunk, from several peers that need not be trusted. */
import type { CheckpointProof } from "../../../protocol/certificate.ts";
import type { Digest, Millis, ReplicaId } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { Chunk } from "../../../protocol/ports.ts";
import { readManifestHead, readManifestList } from "../../../protocol/snapshot/snapshot_manifest.ts";
import { holdsChunk, stableIndex } from "../checkpoints/checkpoints.ts";
import { type Context, note, peersOf, send } from "../context.ts";
import { backedOff } from "../election/backoff.ts";
import { putChunks, setTransferProof } from "../log/durable.ts";
import type { CoreState } from "../state.ts";
import { ACCEPT, type Verdict } from "../verdict.ts";
import type { ChunkSource, Transfer } from "./catch_up_state.ts";

/** Returns a transfer of the snapshot that `target` certifies, before anything was asked for. */
export const createTransfer = (target: CheckpointProof, now: Millis): Transfer => ({
  target,
  startedAt: now,
  head: null,
  lists: [],
  fresh: new Map(),
  missing: new Set(),
  sources: new Map(),
  nextNonce: 1,
  received: 0,
  receivedBytes: 0,
  complete: false,
});

/** Returns whether `proof` would take this replica further than it is. */
export const leadsAhead = (state: CoreState, { stable: { index } }: CheckpointProof): boolean =>
  index > state.commitIndex && index > stableIndex(state) && index > (state.transfer?.target.stable.index ?? 0);

/**
 * Begins to fetch the snapshot that `proof` certifies, in place of an older one. Chunks fetched for the older one, and those of snapshots
 * held, need not be fetched again.
 */
export function beginTransfer(context: Context, proof: CheckpointProof): void {
  const { state, now } = context;
  state.transfer = createTransfer(proof, now);
  setTransferProof(context, proof);
  note(context, "info", "state-transfer", { index: proof.stable.index, commitIndex: state.commitIndex });
  resumeTransfer(context, state.transfer);
}

/** Finds the missing chunks and asks for them. */
export function resumeTransfer(context: Context, transfer: Transfer): void {
  findMissing(context, transfer);
  askSources(context, transfer);
}

/** On every tick: takes from sources that are too slow what they were asked for, and asks others. */
export function tickTransfer(context: Context): void {
  const { state, now } = context;
  const { transfer } = state;
  if (transfer === null || transfer.complete) return;
  if (transfer.target.stable.index <= state.commitIndex) return endTransfer(context, "not-needed");
  for (const [id, source] of transfer.sources) {
    if (source.request !== null && now >= source.request.deadline) {
      fail(context, transfer, id, source, "source-too-slow");
    }
  }
  if (isSettled(transfer)) findMissing(context, transfer); // after a restart nothing is known of it yet
  askSources(context, transfer);
}

/** Ends the transfer. The chunks fetched stay for the next one, until a checkpoint of this replica is stable. */
export function endTransfer(context: Context, code: string): void {
  const { transfer } = context.state;
  if (transfer === null) return;
  note(context, "info", "state-transfer-ended", { index: transfer.target.stable.index, code });
  context.state.transfer = null;
  context.state.checkpoints.strays = true;
  setTransferProof(context, null);
}

/** Finds the missing chunks from the parts of the manifest held: first the head is missing, then the lists, then the chunks. */
function findMissing(context: Context, transfer: Transfer): void {
  const { stateDigest } = transfer.target.stable;
  transfer.missing.clear();
  if (transfer.head === null) {
    const bytes = manifestChunk(context, transfer, stateDigest);
    if (bytes === null) return void transfer.missing.add(stateDigest);
    transfer.head = readManifestHead(bytes);
    transfer.lists.push(...transfer.head.lists.map(() => null));
  }
  const { head, lists } = transfer;
  head.lists.forEach((digest, at) => {
    const bytes = lists[at] === null ? manifestChunk(context, transfer, digest) : null;
    if (bytes !== null) transfer.lists[at] = readManifestList(head, at, bytes);
    else if (lists[at] === null) transfer.missing.add(digest);
  });
  if (transfer.missing.size > 0) return;
  for (const list of lists) {
    for (const digest of list!) {
      if (!transfer.fresh.has(digest) && !holdsChunk(context, digest)) transfer.missing.add(digest);
    }
  }
  transfer.complete = transfer.missing.size === 0;
}

const manifestChunk = (context: Context, { fresh }: Transfer, digest: Digest): Uint8Array | null =>
  fresh.get(digest) ?? (holdsChunk(context, digest) ? context.ports.chunks.read(digest) : null);

/** Asks every source that owes no answer for the next chunks that no source was asked for. */
export function askSources(context: Context, transfer: Transfer): void {
  for (const id of inOrder(context.state, transfer)) {
    if (transfer.missing.size === 0) return;
    const source = transfer.sources.get(id) ?? { request: null, failures: 0, retryAt: -Infinity, lacksIt: false };
    transfer.sources.set(id, source);
    if (source.request === null && context.now >= source.retryAt) ask(context, transfer, id, source);
  }
}

/** Returns who may have chunks, beginning with a different one each time: the head and the lists must not always come from the same one. */
function inOrder(state: CoreState, transfer: Transfer): ReplicaId[] {
  const former = isOfGenesis(state, transfer) ? state.config.former ?? [] : [];
  const peers = [...peersOf(state), ...former];
  const first = transfer.nextNonce % peers.length;
  return [...peers.slice(first), ...peers.slice(0, first)];
}

function ask(context: Context, transfer: Transfer, to: ReplicaId, source: ChunkSource): void {
  const { state, now } = context;
  const digests = [...transfer.missing.values().take(LIMITS.maxFetchChunks)];
  for (const digest of digests) transfer.missing.delete(digest);
  const nonce = transfer.nextNonce++;
  source.request = { nonce, digests: new Set(digests), deadline: now + patience(state, source) };
  send(context, [to], {
    kind: "FetchChunks",
    signed: { kind: "FetchChunks", replica: state.config.self, nonce, digests },
  });
}

/** Returns the time an answer may take, and a source that failed is left alone: doubled with each failure (§6.11). */
function patience({ config }: CoreState, { failures }: ChunkSource): Millis {
  return backedOff(config.constants, failures);
}

/** Returns the source that was asked with this nonce and has not answered, if there is one (§8.3). */
export function awaitedSource(
  { transfer }: CoreState,
  { replica, nonce }: { readonly replica: ReplicaId; readonly nonce: number },
): ChunkSource | null {
  const source = transfer?.sources.get(replica);
  return source?.request?.nonce === nonce ? source : null;
}

export function take(context: Context, transfer: Transfer, source: ChunkSource, chunks: readonly Chunk[]): void {
  putChunks(context, chunks);
  const taken = new Set(chunks.map(({ digest }) => digest));
  for (const digest of source.request!.digests) if (!taken.has(digest)) transfer.missing.add(digest);
  source.request = null;
  transfer.received += chunks.length;
  for (const { digest, bytes } of chunks) {
    transfer.receivedBytes += bytes.length;
    transfer.fresh.set(digest, bytes);
  }
  if (isSettled(transfer)) findMissing(context, transfer);
  transfer.fresh.clear();
  askSources(context, transfer);
}

/** Returns whether no chunk known so far is missing, whether asked for or not. */
const isSettled = ({ missing, sources }: Transfer): boolean =>
  missing.size === 0 && [...sources.values()].every(({ request }) => request === null);

/** Notes that the source holds none of the chunks. A snapshot that is out of date is given up: asking anew finds a newer one. */
export function lacking(context: Context, transfer: Transfer, id: ReplicaId, source: ChunkSource): Verdict {
  source.lacksIt = true;
  fail(context, transfer, id, source, "source-lacks-it");
  if (isOutOfDate(context.state, transfer)) endTransfer(context, "out-of-date");
  else askSources(context, transfer);
  return ACCEPT;
}

/** Returns whether what is fetched is the state that the epoch began with, which no member may have at first (§13.7). */
export const isOfGenesis = ({ genesis }: Pick<CoreState, "genesis">, { target }: Transfer): boolean =>
  target.stable.index === genesis.index;

/**
 * ⚠ Returns whether an honest replica has dropped the snapshot. f + 1 replicas that lack it do not prove that, since an honest one may
 * never have had it: f + 1 of them must have certified it, or they must be n − 1 − f, as many as there are honest replicas besides this
 * one, at least Q − f of which certified it.
 */
function isOutOfDate(state: CoreState, transfer: Transfer): boolean {
  const { quorumSizes: { n, f, weak } } = state;
  const { target, sources } = transfer;
  if (isOfGenesis(state, transfer)) return false; // it ends for a newer checkpoint alone, or none would ever have it
  const vouchers = new Set(target.stable.checkpoints.map(({ message }) => message.replica));
  const lacking = [...sources].flatMap(([id, { lacksIt }]) => lacksIt ? [id] : []);
  return lacking.length >= n - 1 - f || lacking.filter((id) => vouchers.has(id)).length >= weak;
}

/** Notes a source's failure: its chunks are asked of others, and it has its next turn after a pause. */
export function fail(context: Context, transfer: Transfer, id: ReplicaId, source: ChunkSource, code: string): void {
  for (const digest of source.request?.digests ?? []) transfer.missing.add(digest);
  source.request = null;
  source.failures++;
  source.retryAt = context.now + patience(context.state, source);
  note(context, "info", "chunks-not-fetched", { from: id, code });
}
