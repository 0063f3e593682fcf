/** Reading `cluster.json` into a roster that can be trusted (§2.1). */
import { SIGNATURE_BYTES } from "../../protocol/bytes/sizes.ts";
import type { Digest } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { JsonObject } from "../canonical_json.ts";
import { withSource } from "../config_error.ts";
import { unhex } from "../digest.ts";
import { readSmallFile } from "../files.ts";
import { PUBLIC_KEY_BYTES, type SignatureBackend } from "../signing/backend.ts";
import { createVerifier, type EpochName } from "../signing/signing.ts";
import { describe, type Field, parseJson, readHex, readList, readObject, refuse } from "../strict_json.ts";
import { countSigners, neededText, operatorsOf } from "./operators.ts";
import { rosterBody, rosterDigest, type Signatures } from "./roster.ts";
import { readRosterFields } from "./roster_fields.ts";
import type { Roster } from "./roster_types.ts";

/** Well above the largest roster the limits allow, laid out with white space. */
export const MAX_ROSTER_BYTES = LIMITS.maxRosterBytes;
/** Signatures beside the first: as many operators of the roster before as there can be, and of this one. */
const MAX_MORE_SIGNATURES = 2 * LIMITS.maxOperators - 1;

/** A roster as a file holds it. What signatures it has are valid; there may be too few, or none. */
export interface RosterFile {
  readonly roster: Roster;
  /** Names the roster in the next one. */
  readonly digest: Digest;
  /** The roster as it was received, which the digest is of: it may lack members that have defaults. */
  readonly raw: JsonObject;
  readonly signatures: Signatures;
}

/** A roster that enough of its own operators signed. */
export interface SignedRoster extends RosterFile {
  readonly isSigned: true;
}

/** Returns the file of a roster that was made here: it has all its members. */
export const fileOf = (roster: Roster): RosterFile => ({
  ...{ roster, digest: rosterDigest(roster), raw: roster as unknown as JsonObject, signatures: new Map() },
});

/** Returns a roster as a file holds it, if it is not one already. */
export const asFile = (given: Roster | RosterFile): RosterFile => "raw" in given ? given : fileOf(given);

/** Returns the name of the epoch that a roster is of. */
export const epochNameOf = ({ roster: { cluster, epoch }, digest }: RosterFile): EpochName => ({
  cluster,
  epoch,
  digest,
});

/** Reads one of `signatures`: keys ascend, so that none is there twice. */
function readSignature(field: Field, last: string): readonly [string, string] {
  const fields = readObject(field, ["key", "signature"]);
  const key = readHex(fields.key, PUBLIC_KEY_BYTES);
  if (key <= last) refuse(fields.key, "keys in ascending order, each once");
  return [key, readHex(fields.signature, SIGNATURE_BYTES)];
}

type FileFields = Readonly<Record<"roster" | "signature" | "signatures", Field>>;

function readSignatures({ signature, signatures }: FileFields, operatorKey: string): Signatures {
  const found = new Map<string, string>();
  if (signature.isAbsent !== true) found.set(operatorKey, readHex(signature, SIGNATURE_BYTES));
  let last = "";
  for (const field of signatures.isAbsent === true ? [] : readList(signatures, 1, MAX_MORE_SIGNATURES)) {
    const [key, text] = readSignature(field, last);
    if (key === operatorKey) refuse(field, "other operators than operatorKey, which signs in $.signature");
    found.set(key, text);
    last = key;
  }
  return found;
}

function requireVerified(
  fields: FileFields,
  { cluster, operatorKey }: Roster,
  all: Signatures,
  backend: SignatureBackend,
) {
  const verifier = createVerifier(backend, cluster);
  const body = rosterBody(fields.roster.value);
  for (const [key, signature] of all) {
    if (verifier.verify("Roster", body, unhex(signature), unhex(key))) continue;
    const field = key === operatorKey ? fields.signature : fields.signatures;
    const whose = key === operatorKey ? "the operator's signature" : `the signature of ${key}`;
    refuse(field, `${whose} over this roster`, "one that does not verify");
  }
}

/** Throws unless the roster is of the pinned operator. */
function requirePinned({ operatorKey }: Roster, pinned: string | null): void {
  if (pinned === null || operatorKey === pinned) return;
  refuse({ path: "$.roster.operatorKey", value: operatorKey }, `the pinned operator key ${describe(pinned)}`);
}

function parse(text: string, pinned: string | null, backend: SignatureBackend): RosterFile {
  const absent = { signature: null, signatures: null };
  const fields = readObject(parseJson(text, MAX_ROSTER_BYTES), ["roster", "signature", "signatures"], absent);
  const roster = readRosterFields(fields.roster, backend);
  const signatures = readSignatures(fields, roster.operatorKey);
  requirePinned(roster, pinned);
  requireVerified(fields, roster, signatures, backend);
  return { roster, digest: rosterDigest(fields.roster.value), raw: fields.roster.value as JsonObject, signatures };
}

/**
 * Parses a roster that may still lack signatures: one to be signed. Those it has are verified. Throws `ConfigError`.
 */
export const parseRosterFile = (text: string, backend: SignatureBackend): RosterFile => parse(text, null, backend);

/** Returns `file` as one to be believed. Throws `ConfigError` unless its `operatorKey` and as many operators as it demands signed it. */
export function requireSigned(file: RosterFile): SignedRoster {
  const { roster, signatures } = file;
  if (!signatures.has(roster.operatorKey)) {
    refuse({ path: "$", value: null }, "the operator's signature (keygen sign)", 'no field "signature"');
  }
  const operators = operatorsOf(roster);
  const count = countSigners(operators, signatures);
  if (count < operators.threshold) {
    const wanted = `${neededText(operators)} (keygen sign --next)`;
    refuse({ path: "$.signatures", value: null }, `those of ${wanted}`, `the signatures of ${count}`);
  }
  return { ...file, isSigned: true };
}

/**
 * Parses and verifies a signed roster. With a pinned operator key (from a key file) only a roster of that operator is accepted; with null
 * the roster's own operator key is believed, which proves no more than that the file is intact. Throws `ConfigError`.
 */
export const parseSignedRoster = (
  text: string,
  pinnedOperatorKey: string | null,
  backend: SignatureBackend,
): SignedRoster => requireSigned(parse(text, pinnedOperatorKey, backend));

/** Parses and verifies a signed roster as {@linkcode parseSignedRoster} does. */
export const parseRoster = (text: string, pinnedOperatorKey: string | null, backend: SignatureBackend): Roster =>
  parseSignedRoster(text, pinnedOperatorKey, backend).roster;

/** Reads a roster as {@linkcode parseRosterFile} does. Throws `ConfigError` naming the file. */
export async function readRosterFile(path: string, backend: SignatureBackend): Promise<RosterFile> {
  const { text } = await readSmallFile(path, MAX_ROSTER_BYTES);
  return withSource(path, () => parseRosterFile(text, backend));
}

/** Reads and verifies `cluster.json`, at most 2 MiB, as {@linkcode parseSignedRoster} does. Throws `ConfigError` naming the file. */
export async function readSignedRoster(
  path: string,
  pinnedOperatorKey: string | null,
  backend: SignatureBackend,
): Promise<SignedRoster> {
  const { text } = await readSmallFile(path, MAX_ROSTER_BYTES);
  return withSource(path, () => parseSignedRoster(text, pinnedOperatorKey, backend));
}

/** Reads and verifies `cluster.json` as {@linkcode readSignedRoster} does. */
export const readRoster = async (
  path: string,
  pinnedOperatorKey: string | null,
  backend: SignatureBackend,
): Promise<Roster> => (await readSignedRoster(path, pinnedOperatorKey, backend)).roster;
