/** Changes of the roster, judged by the checkers themselves: which entry ends an epoch, with which roster, and where the next one begins (§13.2 to §13.5). */
import { sha256Hex } from "../../../../crypto/digest.ts";
import type { Entry, Head } from "../../../../protocol/entry.ts";
import type { Digest } from "../../../../protocol/ids.ts";
import { plainChanges, plainDigest, type PlainRoster, plainRosterIn } from "../../../support/rosters/plain_rosters.ts";
import type { SimRoster } from "../../epochs/run_epochs.ts";
import { Fields } from "../fields.ts";

/** Codes of what is wrong with a change, by their numbers in results. */
const CODES = [
  "valid",
  "epoch",
  "previous",
  "signature",
  "operators",
  "difference",
  "roster",
  "successor",
  "malformed",
];

/** Returns the roster that an entry of an epoch ends it with: it holds a valid change and nothing else. Null for any other entry. */
export function stopSignIn(roster: PlainRoster, { requests }: Entry): SimRoster | null {
  const [only, ...others] = requests ?? [];
  if (only === undefined || others.length > 0 || only.message.kind !== "SendRequest") return null;
  const { mode, command } = only.message;
  if (mode !== "roster" || plainChanges(roster).judge(command).next === null) return null;
  return plainRosterIn(command) as SimRoster;
}

/** Returns the result of a change that is ordered in the epoch of `roster`: what it leads to, or what is wrong and what is in force. */
export function changeResult(roster: PlainRoster | null, command: Uint8Array): Uint8Array {
  if (roster === null) return new Uint8Array();
  const { next, refusal } = plainChanges(roster).judge(command);
  const told = next === null
    ? { epoch: roster.epoch, digest: plainDigest(roster) }
    : { ...next.roster, digest: next.digest };
  return new Fields().u8(CODES.indexOf(refusal ?? "valid")).u64(told.epoch).bytes(Uint8Array.fromHex(told.digest))
    .done();
}

/** Returns the hash of the genesis of the epoch of `roster`, behind an entry with this hash and the state with this digest. */
export function genesisBehind(roster: PlainRoster, { hash }: Head, stateDigest: Digest): Digest {
  const fields = new Fields();
  for (const digest of [plainDigest(roster), hash, stateDigest]) fields.bytes(Uint8Array.fromHex(digest));
  return sha256Hex(fields.done());
}
