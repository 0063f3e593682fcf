/** Phases of an entry at its leader: when it was proposed, certified and committed. */
import type { Millis } from "../../../protocol/ids.ts";
import { lastIndex, slice } from "../../../replica/core/log/log.ts";
import type { CoreState } from "../../../replica/core/state.ts";

/** An entry with requests that its leader has committed. */
export interface Phases {
  readonly proposedAt: Millis;
  readonly preparedAt: Millis;
  readonly committedAt: Millis;
  readonly requests: number;
}

export class LeaderWatch {
  readonly entries: Phases[] = [];
  /** Most entries, and bytes of them, that were uncommitted at a time. */
  most = { entries: 0, bytes: 0 };
  readonly #proposed = new Map<number, { readonly at: Millis; readonly requests: number; readonly bytes: number }>();
  readonly #prepared = new Map<number, Millis>();
  #last = 0;
  #lastPrepared = 0;
  #committed = 0;
  #bytes = 0;

  /** Takes the most from now on. */
  forgetMost(): void {
    this.most = { entries: 0, bytes: 0 };
  }

  /** Looks at the leader's state after it has handled something. */
  look(state: CoreState, now: Millis): void {
    this.#notePrepared(state, now);
    this.#noteCommitted(state, now);
    this.#noteProposed(state, now);
    const entries = this.#last - this.#committed;
    this.most = { entries: Math.max(this.most.entries, entries), bytes: Math.max(this.most.bytes, this.#bytes) };
  }

  #noteProposed({ log }: CoreState, at: Millis): void {
    const last = lastIndex(log);
    for (const { entry } of slice(log, this.#last as typeof last, last)) {
      const bytes = entry.body.length;
      this.#proposed.set(entry.index, { at, requests: entry.requests?.length ?? 0, bytes });
      this.#bytes += bytes;
    }
    this.#last = last;
  }

  #notePrepared({ prepared }: CoreState, now: Millis): void {
    for (let index = this.#lastPrepared + 1; index <= prepared.index; index++) this.#prepared.set(index, now);
    this.#lastPrepared = Math.max(this.#lastPrepared, prepared.index);
  }

  #noteCommitted({ commitIndex }: CoreState, now: Millis): void {
    for (let index = this.#committed + 1; index <= commitIndex; index++) {
      const proposed = this.#proposed.get(index);
      if (proposed !== undefined) this.#note(index, proposed, now);
    }
    this.#committed = commitIndex;
  }

  #note(index: number, { at, requests, bytes }: { at: Millis; requests: number; bytes: number }, now: Millis): void {
    this.#bytes -= bytes;
    const preparedAt = this.#prepared.get(index)!;
    this.#proposed.delete(index);
    this.#prepared.delete(index);
    if (requests > 0) this.entries.push({ proposedAt: at, preparedAt, committedAt: now, requests });
  }
}
