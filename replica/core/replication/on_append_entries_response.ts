/** AppendEntriesResponse (§5.4–§5.6). */
import { trustsReplicas } from "../../../protocol/config.ts";
import type { AppendEntriesResponse } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { accuse } from "../accuse.ts";
import type { Context } from "../context.ts";
import { placeInTerm } from "../election/suspicion.ts";
import { noteMember } from "../offices/learners.ts";
import { ACCEPT, ignore, type Verdict } from "../verdict.ts";
import { claimCommit } from "./commit_claims.ts";
import { followProgress } from "./replication.ts";
import { recordOf, type TermRecord } from "./response_book.ts";
import { countAcks, countReports } from "./tally.ts";
import { countsAckAt } from "./window.ts";

/** Counts one replica's response. This replica's own come back here too, after persist. */
export function onAppendEntriesResponse(context: Context, response: Signed<AppendEntriesResponse>): Verdict {
  const { state } = context;
  const { term, replica, acks, prepared, commitIndex, commitHash } = response.message;
  claimCommit(context, replica, { index: commitIndex, hash: commitHash });
  answerRepetition(context, response.message);
  placeInTerm(context, replica, term);
  const record = recordOf(state.responses, replica, term, state.hard.currentTerm);
  if (record === null) return ignore("old-term");
  noteMember(state, replica);
  if (!trustsReplicas(state.config.constants)) recordAcks(context, record, response); // else each certifies itself (§1.4)
  if (prepared.term === term && prepared.index > (record.report?.index ?? -1)) {
    record.report = { index: prepared.index, hash: prepared.hash, response };
  }
  countAcks(context, term, acks);
  countReports(context, term);
  if (term === state.hard.currentTerm) followProgress(context, response.message);
  return ACCEPT;
}

/** Repeats this replica's response now and then to a peer that keeps repeating the commit index both have reached (§5.7). */
function answerRepetition({ state, now }: Context, { replica, commitIndex }: AppendEntriesResponse): void {
  const { publication, config } = state;
  const unheard = replica !== config.self && commitIndex === state.commitIndex;
  if (unheard && now >= publication.publishedAt + 10 * config.constants.heartbeatMs) publication.due = true;
}

/** Keeps the first ack of a replica at an index; a second one for another hash, in one term, accuses it (§9.1). */
function recordAcks(context: Context, record: TermRecord, response: Signed<AppendEntriesResponse>): void {
  const { state } = context;
  const { acks, replica, term } = response.message;
  for (const { index, hash } of acks) {
    const known = record.acks.get(index);
    if (known && known.hash !== hash) {
      accuse(context, { kind: "double-ack", culprit: replica, first: known.response, second: response });
    }
    if (!known && countsAckAt(state, term, index)) record.acks.set(index, { index, hash, response });
  }
}
