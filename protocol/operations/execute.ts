/** Executing requests on the state machine: the one place that knows which of its methods an operation is for (§7.4). */
import type { SendRequest } from "../entry.ts";
import type { ClientId } from "../ids.ts";
import { assertInvariant } from "../invariant.ts";
import { LIMITS } from "../limits.ts";
import type { Access, ApplyContext, Ports, RosterChanges, StateMachine } from "../ports.ts";
import { accessOf } from "./access.ts";
import { encodeChangeResult } from "./change.ts";
import { decodeGroup, encodeResults, type Operation } from "./group.ts";

/** The receivers of requests: the state machine, and the judge of changes of the roster, which the state machine never sees (§13.2). */
export interface Executor extends Pick<StateMachine, "apply" | "query" | "onTime"> {
  /** Returns the result of a change. */
  change(command: Uint8Array): Uint8Array;
  /** Returns the rights of a client by the roster in force. */
  access(client: ClientId): Access;
}

/** Returns the executor of a core. */
export const executorOf = ({ machine, changes }: Pick<Ports, "machine" | "changes">): Executor => ({
  apply: (command, context) => machine.apply(command, context),
  query: (query, context) => machine.query(query, context),
  onTime: (time, index) => machine.onTime?.(time, index),
  change: (command) => changeResultOf(changes, command),
  access: (client) => accessOf(changes.current, client),
});

/** Executes `request` at a place in the log and returns its result; a group's is that of all of its operations. */
export function executeRequest(
  machine: Executor,
  request: SendRequest,
  place: Pick<ApplyContext, "index" | "time">,
): Uint8Array {
  const { mode, client, command } = request;
  const context = { ...place, client, access: machine.access(client) };
  if (mode === "roster") return machine.change(command);
  if (mode !== "group") return execute(machine, { mode, command }, context);
  const operations = decodeGroup(command);
  assertInvariant(operations !== null, "internal", `request ${request.seq} of ${client} is no group`);
  return encodeResults(executeGroup(machine, operations, context));
}

/** §7.1f: once the results are longer than `LIMITS.groupResultBytes`, nothing more is executed. */
function executeGroup(machine: Executor, operations: readonly Operation[], context: ApplyContext): Uint8Array[] {
  const results: Uint8Array[] = [];
  let bytes = 0;
  for (const operation of operations) {
    if (bytes > LIMITS.groupResultBytes) break;
    const result = execute(machine, operation, context);
    results.push(result);
    bytes += result.length;
  }
  return results;
}

/**
 * A query is answered from the state at just its place, and never reaches `apply`. Its version is left out: the index says which state it
 * was.
 */
function execute(machine: Executor, { mode, command }: Operation, context: ApplyContext): Uint8Array {
  const result = mode === "command" ? machine.apply(command, context) : machine.query(command, context).value;
  assertInvariant(result.length <= LIMITS.maxResultBytes, "internal", `a result has ${result.length} bytes`);
  return result;
}

/** §13.2: a valid change is told what it leads to, any other what is wrong with it and what is in force. */
function changeResultOf({ judge, current }: RosterChanges, command: Uint8Array): Uint8Array {
  const { next, refusal } = judge(command);
  const { digest, roster: { epoch } } = next ?? current;
  return encodeChangeResult({ refusal, epoch, digest });
}
