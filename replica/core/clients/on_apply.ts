/** Applying committed entries to the replicated state (§7.1, §7.2). */
import { trustsReplicas } from "../../../protocol/config.ts";
import type { Entry } from "../../../protocol/entry.ts";
import { stopSignOf } from "../../../protocol/epochs/epoch_end.ts";
import { type ClientId, offset } from "../../../protocol/ids.ts";
import { assertInvariant } from "../../../protocol/invariant.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { type Executor, executorOf } from "../../../protocol/operations/execute.ts";
import { groupSize } from "../../../protocol/operations/group.ts";
import { clockQuorum } from "../../../protocol/quorum.ts";
import { applyRequest, applyTime, dropUnlisted } from "../../../protocol/snapshot/session_table.ts";
import { isCheckpointIndex } from "../checkpoints/checkpoint_index.ts";
import { beginSnapshot, snapshotsPending } from "../checkpoints/checkpoints.ts";
import type { Context } from "../context.ts";
import { entryAt } from "../log/log.ts";
import type { SessionAnswer } from "../output.ts";
import type { CoreState } from "../state.ts";
import { noteWaiting, runClock } from "../time/log_clock.ts";
import { ACCEPT, type Verdict } from "../verdict.ts";
import { noteResult } from "./fair_share.ts";
import { noProgress, noteApplied, type Progress, settle } from "./interventions.ts";
import { unmarkProposed } from "./request_pool.ts";
import { noteServed } from "./service.ts";
import { sessionAnswer } from "./session_answer.ts";
import type { Known } from "./waiting.ts";

/** Applies committed entries until at least `limit` operations are done, and outputs the answers, a reply for each client and batch. */
export function onApply(context: Context, limit: number): Verdict {
  const { state } = context;
  const executor = executorOf(context.ports);
  const answers = new Map<ClientId, SessionAnswer[]>();
  const progress = new Map<ClientId, Progress>();
  for (let done = 0; done < limit && state.appliedIndex < state.commitIndex && !snapshotsPending(state);) {
    const next = offset(state.appliedIndex, 1);
    const { entry } = entryAt(state.log, next)!;
    assertApplicable(state, entry);
    applyEntry(context, executor, entry, answers, progress);
    state.appliedIndex = next;
    const after = stopSignOf(entry, context.ports.changes);
    if (after !== null) dropUnlisted(state.sessions, after.roster.clients);
    if (after !== null || isCheckpointIndex(state, next)) beginSnapshot(context, next);
    done += 1 + operationsIn(entry);
  }
  noteWaiting(context);
  settle(context, progress);
  for (const [client, list] of answers) reply(context, client, list);
  return ACCEPT;
}

/** I6: equal state at equal index requires applying every entry once, in order, and none before it is committed. */
function assertApplicable({ appliedIndex, commitIndex }: CoreState, { index, requests }: Entry): void {
  assertInvariant(index === appliedIndex + 1, "I6", `entry ${index} applied after ${appliedIndex}`);
  assertInvariant(
    index <= commitIndex,
    "I6",
    `entry ${index} applied before it is committed, commit index ${commitIndex}`,
  );
  assertInvariant(requests !== null, "I6", `entry ${index} is no list of requests`);
}

/** Returns the number of operations that applying `entry` takes. */
function operationsIn({ requests }: Entry): number {
  let count = 0;
  for (const { message } of requests ?? []) {
    count += message.kind === "SendRequest" && message.mode === "group" ? groupSize(message.command) : 1;
  }
  return count;
}

function applyEntry(
  context: Context,
  executor: Executor,
  entry: Entry,
  answers: Map<ClientId, SessionAnswer[]>,
  progress: Map<ClientId, Progress>,
): void {
  const { state, ports, now } = context;
  const { index, requests, statements } = entry;
  if (statements !== undefined) runClock(context); // before log time moves (§15.3a)
  applyTime(state.sessions, entry, clockQuorum(state.quorumSizes), executor);
  for (const request of requests ?? []) {
    const { client } = request.message;
    const known: Known = { request, digest: ports.hash(request.body) };
    const answer = applyRequest(state.sessions, request.message, known.digest, index, executor);
    unmarkProposed(state, known);
    noteServed(state, client);
    if (!progress.has(client)) progress.set(client, noProgress());
    // Applied at this very index, and not before: a repetition is answered with the index of the first time.
    if (answer.outcome === "applied" && answer.index === index) {
      state.pace.executed = true;
      noteApplied(progress.get(client)!, known);
      noteResult(state, client, answer.result.length, now);
    }
    if (index <= state.replayUntil) continue;
    if (!tells(state, client)) continue;
    const list = answers.get(client) ?? [];
    answers.set(client, list);
    list.push(sessionAnswer(request.message, answer));
  }
}

/**
 * §1.4: where one replica's word is enough, the leader gives it, and whoever holds a request of that client under intervention; clients of others that fell
 * silent ask again. With fast reads it takes Q answers (§7.4).
 */
const tells = ({ config: { constants }, view, requests }: CoreState, client: ClientId): boolean =>
  !trustsReplicas(constants) || constants.fastReads || view.role === "leader" || requests.interventions.has(client);

/** Outputs a client's answers, split so that no reply exceeds its limits. */
function reply({ out }: Context, client: ClientId, answers: readonly SessionAnswer[]): void {
  let batch: SessionAnswer[] = [];
  let bytes = 0;
  for (const answer of answers) {
    const full = batch.length >= LIMITS.maxAnswers || bytes + answer.result.length > LIMITS.maxReplyBytes;
    if (batch.length > 0 && full) {
      out.replies.push({ client, answers: batch });
      batch = [];
      bytes = 0;
    }
    batch.push(answer);
    bytes += answer.result.length;
  }
  if (batch.length > 0) out.replies.push({ client, answers: batch });
}
