/** Lines on a roster that is to follow another one: what differs, and what makes it take effect. */
import { countSigners, operatorsOf, type Signers } from "../../crypto/roster/operators.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import { differenceInWords } from "../../crypto/roster/words.ts";
import { shellWord } from "../keygen/common.ts";

/** Returns the difference in words, warnings behind it. */
export function differenceLines(before: Roster, after: Roster): string[] {
  const { lines, warnings } = differenceInWords(before, after);
  return [...lines, ...warnings.map((warning) => `warning: ${warning}`)];
}

/** Returns the replicas whose keys the roster before does not list. */
function newcomers(
  before: Roster,
  after: Roster,
): { readonly added: readonly string[]; readonly rotated: readonly string[] } {
  const keys = new Set(before.replicas.map(({ publicKey, curveKey }) => `${publicKey} ${curveKey}`));
  const ids = new Set<string>(before.replicas.map(({ id }) => id));
  const changed = after.replicas.filter(({ publicKey, curveKey }) => !keys.has(`${publicKey} ${curveKey}`));
  const of = (isKnown: boolean) => changed.filter(({ id }) => ids.has(id) === isKnown).map(({ id }) => String(id));
  return { added: of(false), rotated: of(true) };
}

/** Returns the steps by which a cluster that runs with the roster before changes to the one in the file at `path`, once that is signed. */
export function effectLines(before: Roster, after: Roster, path: string): string[] {
  const { added, rotated } = newcomers(before, after);
  const file = shellWord(path);
  const start = (id: string) => `deno task replica --cluster ${file} --key ${id}.key --data ${id}`;
  return [
    "it takes effect by a change of the running cluster, which is ordered like a write and final:",
    ...added.map((id) => `  before it, so that the new replica waits there: ${start(id)}`),
    `  deno task client --cluster FILE --key FILE reconfigure ${file}`,
    ...rotated.map((id) => `  after it, once the process with the old key has ended, with the new key: ${start(id)}`),
  ];
}

/** Returns how many operators of a roster signed it, and how many have to. */
export function signersText(roster: Roster, signers: Signers): string {
  const operators = operatorsOf(roster);
  const count = countSigners(operators, signers);
  if (count === 0) return "unsigned";
  if (operators.keys.length === 1) return "signed by the operator";
  return `signed by ${count} of ${operators.keys.length} operators, ${operators.threshold} of whom have to`;
}
