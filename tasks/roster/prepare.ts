/** `roster add`, `remove` and the other verbs: they prepare the next roster, for operators to sign. */
import { ConfigError } from "../../crypto/config_error.ts";
import { unhex } from "../../crypto/digest.ts";
import { pathExists, refuseOverwrite, writeNewFile } from "../../crypto/files.ts";
import { readable } from "../../crypto/keys/fingerprint.ts";
import { ROSTER_MODE } from "../../crypto/roster/generate_cluster.ts";
import { readRosterFile, readSignedRoster, type SignedRoster } from "../../crypto/roster/parse_roster.ts";
import { membersText, rosterDigest, rosterText } from "../../crypto/roster/roster.ts";
import { faultOfContent, refuseFault } from "../../crypto/roster/roster_chain.ts";
import { editedRoster, type RosterEdit } from "../../crypto/roster/roster_edits.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import { differenceInWords } from "../../crypto/roster/words.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { printResult, required, shellWord } from "../keygen/common.ts";
import { readArguments } from "../support/flags.ts";
import { EXIT_DONE } from "../support/run_task.ts";
import { differenceLines, effectLines } from "./effect.ts";
import { type Verb, VERB_STRINGS } from "./verbs.ts";

const STRINGS = ["roster", "draft", "out", ...VERB_STRINGS] as const;

/** Paths of a preparation; without `out` nothing is written. */
interface Files {
  readonly roster: string;
  readonly draft: string | null;
  readonly out: string | null;
}

/** Returns the roster that edits begin with: the one before, or what was made of it so far. */
async function startOf(before: SignedRoster, { draft }: Files): Promise<Roster> {
  if (draft === null) return before.roster;
  const { roster } = await readRosterFile(draft, nobleBackend);
  refuseFault(before, faultOfContent(before, roster));
  return roster;
}

async function edited(before: SignedRoster, files: Files, edits: readonly RosterEdit[]): Promise<Roster> {
  const start = await startOf(before, files);
  const all = edits.length === 0 ? [(roster: Roster) => roster] : edits;
  return all.reduce((from, edit) => editedRoster(before, from, edit, nobleBackend), start);
}

function describe(before: Roster, after: Roster, { roster, out }: Files): string[] {
  const { cluster, epoch } = after;
  const print = readable(unhex(rosterDigest(after)));
  const what = `epoch ${epoch} of cluster ${cluster}, ${membersText(after)}, unsigned, fingerprint ${print}`;
  const sign = `  deno task keygen sign --operator FILE --roster ${shellWord(roster)} --next ${
    shellWord(out ?? "FILE")
  } --out SIGNED`;
  return [
    ...differenceLines(before, after),
    `${out ?? "would prepare"}: ${what}`,
    ...(out === null ? [] : ["next, where the operator's key is:", sign, ...effectLines(before, after, "SIGNED")]),
  ];
}

function refuseForeign(
  { flags }: Verb,
  given: Readonly<Record<(typeof VERB_STRINGS)[number], string | undefined>>,
): void {
  const foreign = VERB_STRINGS.find((name) => given[name] !== undefined && !flags.includes(name));
  if (foreign !== undefined) throw new ConfigError(`--${foreign}: given to a verb that has no use for it, wanted none`);
}

/** Prepares the next roster as a verb says, prints how it differs, and returns the exit code. */
export async function prepare(verb: Verb, args: readonly string[], print: (line: string) => void): Promise<number> {
  const { flags, operands } = readArguments(args, STRINGS, ["check", "json"]);
  refuseForeign(verb, flags);
  const out = flags.check ? null : required("out", flags.out, "the file of the next roster");
  if (out !== null && pathExists(out)) refuseOverwrite([out]);
  const roster = required("roster", flags.roster, "the roster before");
  const files: Files = { roster, draft: flags.draft ?? null, out };
  const before = await readSignedRoster(roster, null, nobleBackend);
  const after = await edited(before, files, await verb.edits(operands, flags));
  if (out !== null) await writeNewFile(out, rosterText(after, after.operatorKey, new Map()), ROSTER_MODE);
  const { cluster, epoch, previous } = after;
  const facts = { out, cluster, epoch, previous, digest: rosterDigest(after) };
  const words = differenceInWords(before.roster, after);
  printResult(print, flags.json, describe(before.roster, after, files), { ...facts, ...words });
  return EXIT_DONE;
}
