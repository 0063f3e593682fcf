/** Executing requests on the state machine: the one place that knows which of its methods a request is for (§7.4). */
import type { SendRequest } from "../entry.ts";
import type { LogIndex } from "../ids.ts";
import type { StateMachine } from "../ports.ts";

/** The part of a state machine that requests reach. */
export type Executor = Pick<StateMachine, "apply" | "query">;

/**
 * Executes `request` in the entry at `index` and returns its result. A query is answered from the state at just that place, and never reaches
 * `apply`. Its version is left out: the index says which state it was.
 */
export function executeRequest(machine: Executor, request: SendRequest, index: LogIndex): Uint8Array {
  const { mode, client, command } = request;
  switch (mode) {
    case "command":
      return machine.apply(command, { index, client });
    case "query":
      return machine.query(command).value;
  }
}
