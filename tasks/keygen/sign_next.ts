/** `keygen sign --next`: an operator adds his signature to a roster that was prepared, or that another one signed. */
import { ConfigError } from "../../crypto/config_error.ts";
import { unhex } from "../../crypto/digest.ts";
import { writeNewFile } from "../../crypto/files.ts";
import { readable } from "../../crypto/keys/fingerprint.ts";
import type { KeyFile } from "../../crypto/keys/key_file.ts";
import { ROSTER_MODE } from "../../crypto/roster/generate_cluster.ts";
import { operatorsOf } from "../../crypto/roster/operators.ts";
import { readRosterFile, readSignedRoster, type RosterFile } from "../../crypto/roster/parse_roster.ts";
import { membersText, rosterText, signatureOver, type Signatures } from "../../crypto/roster/roster.ts";
import { faultOfContent, faultOfSigners, refuseFault } from "../../crypto/roster/roster_chain.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { differenceLines, effectLines } from "../roster/effect.ts";

/** Paths; without `out` nothing is signed. */
export interface NextFiles {
  readonly roster: string;
  readonly next: string;
  readonly out: string | null;
}

/** Output, for people and as JSON. */
export interface Signed {
  readonly lines: readonly string[];
  readonly facts: object;
}

/** Throws unless this operator's signature is wanted: by the roster before or by the next one. */
function requireWanted({ cluster, publicKey }: KeyFile, before: RosterFile, next: RosterFile): void {
  const wanted = [before, next].flatMap(({ roster }) => operatorsOf(roster).keys);
  if (cluster !== next.roster.cluster) {
    throw new ConfigError(
      `key of the operator: given one for cluster ${cluster}, wanted one for ${next.roster.cluster}`,
    );
  }
  if (!wanted.includes(publicKey)) {
    throw new ConfigError(
      `key of the operator: given ${publicKey}, wanted one that a roster lists: ${wanted.join(", ")}`,
    );
  }
  if (next.signatures.has(publicKey)) {
    throw new ConfigError(`key of the operator: given ${publicKey}, which signed this roster already, wanted another`);
  }
}

function withSignature({ raw, roster, signatures }: RosterFile, { secretKey }: KeyFile): Signatures {
  const { key, signature } = signatureOver(raw, roster.cluster, unhex(secretKey), nobleBackend);
  return new Map([...signatures, [key, signature]]);
}

function describe(
  before: RosterFile,
  { roster, digest }: RosterFile,
  signatures: Signatures,
  out: string | null,
): Signed {
  const { cluster, epoch, previous } = roster;
  const missing = faultOfSigners(before, roster, signatures);
  const lines = [
    ...differenceLines(before.roster, roster),
    `${out === null ? "would sign" : "signed"} epoch ${epoch} of cluster ${cluster}: ${membersText(roster)}`,
    `${out ?? "the roster"}: fingerprint ${readable(unhex(digest))}`,
    ...(missing === null
      ? effectLines(before.roster, roster, out ?? "FILE")
      : [`not complete: ${missing.text}; others add theirs by keygen sign --next`]),
  ];
  const facts = { signed: out !== null, out, cluster, epoch, previous, digest, signers: [...signatures.keys()] };
  return { lines, facts: { ...facts, isComplete: missing === null, missing: missing?.text ?? null } };
}

/** Signs a roster that may follow the one before. Throws `ConfigError` on one that may not, and on a signature that is not wanted. */
export async function signNext({ roster, next, out }: NextFiles, operator: KeyFile | null): Promise<Signed> {
  const before = await readSignedRoster(roster, null, nobleBackend);
  const file = await readRosterFile(next, nobleBackend);
  refuseFault(before, faultOfContent(before, file.roster));
  if (operator === null || out === null) return describe(before, file, file.signatures, null);
  requireWanted(operator, before, file);
  const signatures = withSignature(file, operator);
  await writeNewFile(out, rosterText(file.raw, file.roster.operatorKey, signatures), ROSTER_MODE);
  return describe(before, file, signatures, out);
}
