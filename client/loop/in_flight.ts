/** Signed requests under way, and the results in their answers (§7.1f). */
import type { Answer, SendRequest } from "../../protocol/message.ts";
import {
  decodeResults,
  encodeGroup,
  GROUP_BYTES,
  type Operation,
  operationSize,
} from "../../protocol/operations/group.ts";
import type { ReplyTally } from "../session/reply_tally.ts";
import type { RequestFrames } from "./envelope.ts";

/** Something to be ordered: an operation of the state machine, or a change of the roster (§13.2), which goes alone. */
export type Orderable = Operation | { readonly mode: "roster"; readonly command: Uint8Array };

/** Returns the bytes that it takes in a group; a change fits into none. */
export const sizeOf = ({ mode, command }: Orderable): number =>
  mode === "roster" ? GROUP_BYTES + 1 : operationSize(command);

/** A signed request under way: a command's or a register. */
export interface InFlight {
  readonly request: number;
  /** Commands in it; 0 of a register. */
  readonly operations: number;
  readonly frames: RequestFrames;
  /** Its session and number in it. */
  readonly place: Pick<SendRequest, "session" | "seq"> | null;
  tally: ReplyTally;
  /** True once it has been sent to somebody. */
  sent: boolean;
  /** Results of what was executed, once that is settled. */
  results: readonly Uint8Array[];
}

/** Returns what a request asks for: an operation alone as it is, several as a group. */
export const asOne = (operations: readonly Orderable[]): Pick<SendRequest, "mode" | "command"> =>
  operations.length === 1
    ? operations[0]!
    : { mode: "group", command: encodeGroup(operations as readonly Operation[]) };

/** Returns the results of the operations that `answer`, which enough replicas gave, says were executed; none of a malformed one. */
export function resultsOf(
  { operations }: Pick<InFlight, "operations">,
  { outcome, result }: Answer,
): readonly Uint8Array[] {
  if (outcome !== "applied") return [];
  return operations > 1 ? decodeResults(result, operations) ?? [] : [result];
}
