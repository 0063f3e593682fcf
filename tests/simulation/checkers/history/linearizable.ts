/**
 * Decides whether a history of one key is linearizable: whether its operations can be put in an order in which an operation that ended
 * before another began comes first, and every result is right. A search after Wing and Gong with Lowe's memory of dead ends, guided by
 * revisions. Writes of unknown outcome may take effect at any moment after they began, or never.
 */
import type { KvResult } from "../../../../state_machine/mod.ts";
import { ABSENT, apply, isRead, type KeyCommand, type KeyState, shownRevision } from "./kv_model.ts";

/** One operation on the key. `began` and `ended` are moments of one count that every begin and end advances. */
export interface KeyOperation {
  readonly command: KeyCommand;
  /** Null if the client never learned it. */
  readonly result: KvResult | null;
  readonly began: number;
  /** Infinity if it never ended for the client. */
  readonly ended: number;
}

/** `undecided`: the search was given up, and says nothing. */
export type Verdict = "linearizable" | "violated" | "undecided";

/** States examined before a search is given up. */
const MAX_STEPS = 100_000;

/** Decides whether the history of a key that had never been written before is linearizable. */
export function judgeKey(operations: readonly KeyOperation[], maxSteps: number = MAX_STEPS): Verdict {
  return new Search(operations, maxSteps).run();
}

class Search {
  /** Operations whose results show the store's revision: only one order is possible for them, except for reads of one revision. */
  readonly #shown: readonly KeyOperation[];
  /** Operations whose results do not show it: writes that were refused, reads of a key alone; and writes of unknown outcome. */
  readonly #refused: readonly KeyOperation[];
  readonly #unknown: readonly KeyOperation[];
  readonly #byEnd: readonly KeyOperation[];
  readonly #maxSteps: number;
  readonly #done = new Set<KeyOperation>();
  readonly #dead = new Set<string>();
  #next = 0;
  #steps = 0;

  constructor(operations: readonly KeyOperation[], maxSteps: number) {
    const known = operations.filter(({ result }) => result !== null);
    this.#shown = known.filter(({ result }) => revisionOf(result) !== null).sort(byRevision);
    this.#refused = known.filter(({ result }) => revisionOf(result) === null);
    this.#unknown = operations.filter(({ command, result }) => result === null && !isRead(command));
    this.#byEnd = [...known].sort((a, b) => a.ended - b.ended);
    this.#maxSteps = maxSteps;
  }

  run(): Verdict {
    if (this.#extend(ABSENT, false)) return "linearizable";
    return this.#steps > this.#maxSteps ? "undecided" : "violated";
  }

  /**
   * Returns whether the remaining operations can be ordered after those done, which leave the key in `state`. `unseen`: the last was a
   * write of unknown outcome. If a blind write came next, that one might as well be left out, so this is not tried.
   */
  #extend(state: KeyState, unseen: boolean): boolean {
    const first = this.#byEnd.find((operation) => !this.#done.has(operation));
    if (first === undefined) return true;
    if (++this.#steps > this.#maxSteps) return false;
    const name = this.#nameOf(state, unseen);
    if (this.#dead.has(name)) return false;
    if (this.#tryKnown(state, unseen, first.ended) || this.#tryUnknown(state, unseen, first.ended)) return true;
    this.#dead.add(name);
    return false;
  }

  /** Tries each operation of known outcome that can be the next: it began before any remaining one had ended, by `deadline`. */
  #tryKnown(state: KeyState, unseen: boolean, deadline: number): boolean {
    for (const operation of this.#refused) {
      if (this.#done.has(operation) || operation.began > deadline) continue;
      const next = apply(state, operation.command, operation.result);
      // One that fits and changes nothing, not even what is known, is as well here as anywhere.
      if (next === state) return this.#take(operation, next, false);
      if (next !== null && this.#take(operation, next, false)) return true;
    }
    const shown = this.#shown[this.#next];
    if (!shown || shown.began > deadline || (unseen && shown.command.op === "put")) return false;
    const next = apply(state, shown.command, shown.result);
    return next !== null && this.#take(shown, next, false);
  }

  #tryUnknown(state: KeyState, unseen: boolean, deadline: number): boolean {
    for (const operation of this.#unknown) {
      if (this.#done.has(operation) || operation.began > deadline) continue;
      if (unseen && operation.command.op !== "cas") continue;
      const next = apply(state, operation.command, null);
      if (next !== null && next !== state && this.#take(operation, next, true)) return true;
    }
    return false;
  }

  #take(operation: KeyOperation, next: KeyState, unseen: boolean): boolean {
    const shown = operation === this.#shown[this.#next];
    this.#done.add(operation);
    if (shown) this.#next++;
    const found = this.#extend(next, unseen);
    this.#done.delete(operation);
    if (shown) this.#next--;
    return found;
  }

  #nameOf({ value, revision, store }: KeyState, unseen: boolean): string {
    const bits = (list: readonly KeyOperation[]) => list.map((each) => this.#done.has(each) ? "1" : "0").join("");
    return `${this.#next} ${bits(this.#refused)} ${bits(this.#unknown)} ${revision} ${store} ${unseen} ${value}`;
  }
}

const revisionOf = (result: KvResult | null): number | null => result === null ? null : shownRevision(result);

/** Orders by the store's revision; the write that made it before the reads that saw it. */
function byRevision(a: KeyOperation, b: KeyOperation): number {
  const after = ({ command }: KeyOperation) => isRead(command) ? 1 : 0;
  return revisionOf(a.result)! - revisionOf(b.result)! || after(a) - after(b) || a.ended - b.ended;
}
