/** Statements of clocks (§15). */
import { sha256Hex } from "../../../crypto/digest.ts";
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import { joinStatements } from "../../../protocol/entry_body.ts";
import { chainEntry } from "../../../protocol/hash_chain.ts";
import { offset, replicaId, term } from "../../../protocol/ids.ts";
import type { ClockStatement } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { signAs } from "./forge.ts";

/** Returns a statement of `replica` (§15.1). */
export const statement = (replica: string, clock: number): Signed<ClockStatement> =>
  signAs(replica, { kind: "ClockStatement", replica: replicaId(replica), clock });

/** Returns one entry of statements after `after`. */
export function statementsAfter(
  after: Head,
  termNumber: number,
  statements: readonly Signed<ClockStatement>[],
): ChainedEntry {
  const content = { body: joinStatements(statements), requests: [], statements };
  return chainEntry(sha256Hex, after.hash, { index: offset(after.index, 1), term: term(termNumber), ...content });
}
