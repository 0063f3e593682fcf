/** The core's events in the operator's log. A new leader is told with what went before: who led, and why this replica suspected it. */
import type { CoreEvent } from "../core/output.ts";
import type { LogFields, Logger } from "../diagnostics/logger.ts";

export class EventLog {
  readonly #log: Logger;
  /** Reason of the latest suspicion, ended or not; for the status. */
  suspicion: string | null = null;
  /** Reason of a suspicion that no new leader has answered yet. */
  #because: string | null = null;
  #leader: string | null = null;

  constructor(log: Logger) {
    this.#log = log;
  }

  take({ event, level, fields }: CoreEvent): void {
    if (event === "suspect") this.suspicion = this.#because = String(fields["reason"]);
    this.#log.log(level, event, event === "leader" ? { ...fields, ...this.#change(fields) } : fields);
  }

  #change({ leader }: CoreEvent["fields"]): LogFields {
    const change = { before: this.#leader, suspectedFor: this.#because };
    this.#leader = String(leader);
    this.#because = null;
    return change;
  }
}
