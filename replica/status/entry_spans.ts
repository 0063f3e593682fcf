/** Spans of the phases that a request went through at this replica, in the trace of that request (docs/metrics.md). */
import { sha256Hex } from "../../crypto/digest.ts";
import type { Tracing } from "../../metrics/mod.ts";
import { entryAt } from "../core/log/log.ts";
import type { CoreState } from "../core/state.ts";

/** Times at which an entry was appended, prepared, committed and applied here; NaN where that is not known. */
export interface EntryTimes {
  readonly appended: number;
  readonly prepared: number;
  readonly committed: number;
  readonly applied: number;
}

/** Requests of one entry that are traced; the others are left out. */
const MAX_TRACED = 64;

/** Tells of the phases of the entry at `index`, for each request in it. */
export function tellEntry(tracing: Tracing, state: CoreState, index: number, times: EntryTimes): void {
  const entry = entryAt(state.log, index as CoreState["commitIndex"])?.entry;
  const phases = [
    ["prepare", times.appended, times.prepared],
    ["commit", times.prepared, times.committed],
    ["apply", times.committed, times.applied],
  ] as const;
  const known = phases.filter(([, from, until]) => from <= until);
  for (const { message, body } of (entry?.requests ?? []).slice(0, MAX_TRACED)) {
    const attributes = {
      ...{ "bft_raft.replica": state.config.self, "bft_raft.client": message.client },
      ...{ "bft_raft.term": entry!.term, "bft_raft.index": index },
      ...(message.kind === "SendRequest" ? { "bft_raft.session": message.session, "bft_raft.seq": message.seq } : {}),
    };
    const request = sha256Hex(body);
    for (const [name, from, until] of known) tracing.tell({ name, request, from, until, attributes });
  }
}
