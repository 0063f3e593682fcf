/** Lines on a roster that is to follow another one: what differs, and how it takes effect. */
import { canonicalJson } from "../../crypto/canonical_json.ts";
import { countSigners, operatorsOf, type Signers } from "../../crypto/roster/operators.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import { differenceInWords } from "../../crypto/roster/words.ts";

/** Returns the difference in words, warnings behind it. */
export function differenceLines(before: Roster, after: Roster): string[] {
  const { lines, warnings } = differenceInWords(before, after);
  return [...lines, ...warnings.map((warning) => `warning: ${warning}`)];
}

/** Parts of a roster that a data directory holds its replica to. */
const fixedParts = ({ cluster, operatorKey, constants, replicas }: Roster): string =>
  canonicalJson([cluster, operatorKey, constants, replicas.map(({ id, publicKey }) => [id, publicKey])]);

/** Returns whether clients were only added: their requests are in logs, and are judged by the roster again. */
function keepsClients(before: Roster, after: Roster): boolean {
  const keys = new Map<string, string>(after.clients.map(({ id, publicKey }) => [id, publicKey]));
  return before.clients.every(({ id, publicKey }) => keys.get(id) === publicKey);
}

/** Returns how a roster takes effect in a cluster that ran with the one before. */
export const effectLine = (before: Roster, after: Roster): string =>
  fixedParts(before) === fixedParts(after) && keepsClients(before, after)
    ? "to be used only while all replicas are stopped; all of them get this file"
    : "only for a cluster that has never run: one that ran takes more clients and other addresses, and nothing else";

/** Returns how many operators of a roster signed it, and how many have to. */
export function signersText(roster: Roster, signers: Signers): string {
  const operators = operatorsOf(roster);
  const count = countSigners(operators, signers);
  if (count === 0) return "unsigned";
  if (operators.keys.length === 1) return "signed by the operator";
  return `signed by ${count} of ${operators.keys.length} operators, ${operators.threshold} of whom have to`;
}
