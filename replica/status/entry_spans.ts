/** Spans of the phases that a request went through at this replica, in the trace of that request (docs/metrics.md). */
import { sha256Hex } from "../../crypto/digest.ts";
import type { RequestSpan, Tracing } from "../../metrics/mod.ts";
import type { Request } from "../../protocol/entry.ts";
import type { Signed } from "../../protocol/signed.ts";
import { entryAt } from "../core/log/log.ts";
import type { ClientReply } from "../core/output.ts";
import type { CoreState } from "../core/state.ts";

/** Times at which an entry was appended, prepared, committed and applied here; NaN where that is not known. */
export interface EntryTimes {
  readonly appended: number;
  readonly prepared: number;
  readonly committed: number;
  readonly applied: number;
}

/** Requests of one entry that are traced, and answers to one client at a time; the others are left out. */
const MAX_TRACED = 64;
/** Requests of which it is remembered when a leader took them in; the oldest is forgotten first. */
const MAX_TAKEN = 4096;

export class EntrySpans {
  readonly #tracing: Tracing;
  /** Times at which a leader took requests in first, by digest. */
  readonly #taken = new Map<string, number>();

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  /** Notes that a leader took `request` in. */
  take(request: Signed<Request>, now: number): void {
    const digest = sha256Hex(request.body);
    if (this.#taken.has(digest)) return;
    if (this.#taken.size >= MAX_TAKEN) this.#taken.delete(this.#taken.keys().next().value!);
    this.#taken.set(digest, now);
  }

  /** Tells of the phases of the entry at `index` up to its execution, for each request in it. */
  applied(state: CoreState, index: number, times: EntryTimes): void {
    const entry = entryAt(state.log, index as CoreState["commitIndex"])?.entry;
    for (const { message, body } of (entry?.requests ?? []).slice(0, MAX_TRACED)) {
      const attributes = {
        ...{ "bft_raft.replica": state.config.self, "bft_raft.client": message.client },
        ...{ "bft_raft.term": entry!.term, "bft_raft.index": index },
        ...(message.kind === "SendRequest" ? { "bft_raft.session": message.session, "bft_raft.seq": message.seq } : {}),
      };
      const digest = sha256Hex(body);
      const tell = (name: string, from: number, until: number) => this.#tell(name, digest, from, until, attributes);
      tell("order", this.#taken.get(digest) ?? NaN, times.appended);
      tell("prepare", times.appended, times.prepared);
      tell("commit", times.prepared, times.committed);
      tell("apply", times.committed, times.applied);
      this.#taken.delete(digest);
    }
  }

  /** Tells of answers that were signed and handed to the transport between two times. */
  answered({ config: { self } }: CoreState, replies: readonly ClientReply[], from: number, until: number): void {
    for (const { client, answers } of replies) {
      const attributes = { "bft_raft.replica": self, "bft_raft.client": client };
      for (const { request, outcome } of answers.slice(0, MAX_TRACED)) {
        this.#tell("answer", request, from, until, { ...attributes, "bft_raft.outcome": outcome });
      }
    }
  }

  /** Tells of a phase; not of one whose beginning or end is not known. */
  #tell(name: string, request: string, from: number, until: number, attributes: RequestSpan["attributes"]): void {
    if (from <= until) this.#tracing.tell({ name, request, from, until, attributes });
  }
}
