/** The end of a state transfer (§8.3): installing the replicated state, and the log behind it, as a quorum certified them. */
import type { CheckpointProof } from "../../../protocol/certificate.ts";
import type { Head } from "../../../protocol/entry.ts";
import type { ClientId, Digest, LogIndex } from "../../../protocol/ids.ts";
import { assertInvariant } from "../../../protocol/invariant.ts";
import type { Ports } from "../../../protocol/ports.ts";
import { compareRank } from "../../../protocol/rank.ts";
import { readSessions } from "../../../protocol/snapshot/session_chunks_read.ts";
import type { SessionTable } from "../../../protocol/snapshot/session_table.ts";
import type { SessionBounds } from "../../../protocol/snapshot/session_types.ts";
import { restoreSnapshot } from "../../../protocol/snapshot/snapshot_restore.ts";
import { writtenDigests } from "../../../protocol/snapshot/snapshot_writer.ts";
import { adoptStable, compactLog, markGarbage } from "../checkpoints/checkpoints.ts";
import { noProgress, type Progress, settle } from "../clients/interventions.ts";
import { markLogProposed } from "../clients/request_pool.ts";
import { type Context, note } from "../context.ts";
import { raiseTerm } from "../election/terms.ts";
import { restartLog, setCheckpoint } from "../log/durable.ts";
import { contains, headAt } from "../log/log.ts";
import { resumeBehind } from "../replication/commit_claims.ts";
import { advanceCommit, recount } from "../replication/tally.ts";
import type { CoreState } from "../state.ts";
import type { Transfer } from "./catch_up_state.ts";
import { endTransfer, resumeTransfer } from "./state_transfer.ts";

/** The replicated state at a checkpoint, after the state machine's part of it was restored. */
export interface Restored {
  readonly sessions: SessionTable;
  readonly digests: readonly Digest[];
}

/**
 * Restores the state machine to the state that `proof` certifies. Throws InvariantError if a chunk is missing or wrong, which means that
 * the disk lost data it had accepted.
 */
export function restoreState(
  ports: Ports,
  { stable }: CheckpointProof,
  bounds: SessionBounds,
  genesis: LogIndex,
): Restored {
  try {
    const snapshot = restoreSnapshot(stable.stateDigest, (digest) => ports.chunks.read(digest), ports.hash);
    const sessions = readSessions(snapshot.sessions, bounds, genesis);
    ports.machine.restore(snapshot.machine);
    return { sessions, digests: snapshot.digests };
  } catch (fault) {
    assertInvariant(!(fault instanceof RangeError), "I6", `the snapshot of index ${stable.index}: ${String(fault)}`);
    throw fault;
  }
}

/** Every client that anything is held of: a snapshot tells what is settled, and not how it came to be. */
const withoutProgress = ({ requests: { interventions, pool }, pace }: CoreState): Map<ClientId, Progress> =>
  new Map([...interventions.keys(), ...pool.keys(), ...pace.shown.keys()].map((client) => [client, noProgress()]));

/** Installs the snapshot, once all its chunks are on disk: state, sessions, log, commit index, highest certificate. */
export function installSnapshot(context: Context, transfer: Transfer): void {
  const { state, ports, now } = context;
  const { target, received, receivedBytes, startedAt } = transfer;
  const { index, hash } = target.stable;
  if (index <= state.commitIndex) return endTransfer(context, "not-needed");
  resumeTransfer(context, transfer); // chunks that the disk has lost meanwhile are asked for again
  if (!transfer.complete) return;
  const { sessions, digests } = restoreState(ports, target, state.config.constants, state.genesis.index);
  const { behindSince } = state.catchUp;
  installLog(context, target, { index, hash });
  state.sessions = sessions;
  state.appliedIndex = index;
  markLogProposed(state, ports.hash);
  settle(context, withoutProgress(state));
  const before = state.checkpoints.writing.splice(0).map(({ writer }) => writtenDigests(writer));
  setCheckpoint(context, target);
  endTransfer(context, "installed");
  adoptStable(context, digests);
  for (const written of before) markGarbage(context, written);
  compactLog(context);
  recount(context, headAt(state.log, index).index);
  resumeBehind(context, behindSince);
  const fields = { index, chunks: received, bytes: receivedBytes, ms: Math.round(now - startedAt) };
  note(context, "info", "state-transferred", fields);
}

/** ⚠ §8.1, §8.3: committed entries replace all entries that conflict with them, and the commit certificate counts. */
function installLog(context: Context, { commit }: CheckpointProof, point: Head): void {
  const { state } = context;
  // First of all: a leader of a lower term may have been deposed without hearing of it, and its log need not contain this point.
  if (commit.term > state.hard.currentTerm) raiseTerm(context, commit.term, null);
  if (!contains(state.log, point)) {
    assertInvariant(
      state.leadership === null,
      "I4",
      `the leader's log misses index ${point.index}, which is committed`,
    );
    assertBranchHolds(state, commit, point);
    restartLog(context, point);
    state.view.match = null;
  }
  advanceCommit(context, commit);
}

/** I4: a certificate above the commit's rank covers all committed entries. */
function assertBranchHolds({ prepared, branch }: CoreState, commit: CheckpointProof["commit"], point: Head): void {
  if (compareRank(prepared, commit) <= 0) return;
  const held = branch.find(({ entry }) => entry.index === point.index) ?? prepared;
  assertInvariant(
    held.hash === point.hash,
    "I4",
    `a certificate of rank (${prepared.term}, ${prepared.index}) without index ${point.index}, which is committed`,
  );
}
