/** Log lines during a state transfer (§8.3), for an operator who waits for a replica to obtain its state. */
import type { CoreState } from "../core/state.ts";
import type { Logger } from "../diagnostics/logger.ts";
import { stateTransferOf } from "./recovery_status.ts";

/** Interval between two lines, in milliseconds. A shorter transfer has no lines but its first and last. */
const INTERVAL_MS = 2000;

export class TransferProgress {
  readonly #log: Logger;
  #dueAt = -Infinity;
  /** Index of the transfer that the next line is about. */
  #index = -1;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Writes a line if one is due. Called after every input, timer ticks included. */
  look(state: Pick<CoreState, "transfer">, now: number): void {
    const index = state.transfer?.target.stable.index;
    if (index === undefined) return;
    if (index !== this.#index) {
      this.#index = index;
      this.#dueAt = now + INTERVAL_MS;
    }
    if (now < this.#dueAt) return;
    this.#dueAt = now + INTERVAL_MS;
    const { chunksReceived, bytesReceived, chunksMissing, askedOf } = stateTransferOf(state)!;
    this.#log.log("info", "state-transfer-progress", {
      index,
      chunks: chunksReceived,
      bytes: bytesReceived,
      missing: chunksMissing,
      askedOf: askedOf.join(" "),
    });
  }
}
