/** A new commit index waits for the next transaction that has to be made durable anyway (§4.1): lost in a crash, it is found anew. */
import type { PersistOperation } from "../core/log/durable_state.ts";
import type { SigningIntent } from "../storage/port.ts";
import { isBackground } from "../storage/transaction.ts";

/** The newest commit of one core that is not on its disk yet. */
export class WaitingCommit {
  /** True where what clients are told rests on it (§7.4): then no commit waits. */
  readonly #urgent: boolean;
  #waiting: PersistOperation | null = null;

  constructor(urgent: boolean) {
    this.#urgent = urgent;
  }

  /**
   * Returns the operations to write now, in order: `operations` behind the commit that waits, or only those that are left to a later
   * transaction as well, if nothing in this one has to be durable.
   */
  join(operations: readonly PersistOperation[], intents: readonly SigningIntent[]): readonly PersistOperation[] {
    if (this.#urgent) return operations;
    const all = this.#waiting === null ? operations : [this.#waiting, ...operations];
    const others = all.filter(({ op }) => op !== "commit");
    const waits = intents.length === 0 && (others.length === 0 || isBackground(others, intents));
    this.#waiting = waits ? all.findLast(({ op }) => op === "commit") ?? null : null;
    return waits ? others : all;
  }
}
