/** Reading `cluster.json` into a roster that can be trusted (§2.1). */
import { SIGNATURE_BYTES } from "../../protocol/bytes/sizes.ts";
import type { Digest } from "../../protocol/ids.ts";
import { withSource } from "../config_error.ts";
import { unhex } from "../digest.ts";
import { readSmallFile } from "../files.ts";
import type { SignatureBackend } from "../signing/backend.ts";
import { createVerifier } from "../signing/signing.ts";
import { describe, parseJson, readHex, readObject, refuse } from "../strict_json.ts";
import { rosterBody, rosterDigest } from "./roster.ts";
import { readRosterFields } from "./roster_fields.ts";
import type { Roster } from "./roster_types.ts";

/** Well above the largest roster the limits allow, laid out with white space. */
export const MAX_ROSTER_BYTES = 2 * 1024 * 1024;

/** A roster whose signature was verified, and the digest by which the next one names it. */
export interface SignedRoster {
  readonly roster: Roster;
  readonly digest: Digest;
}

/**
 * Parses and verifies a signed roster. With a pinned operator key (from a key file) only a roster of that operator is accepted; with null
 * the roster's own operator key is believed, which proves no more than that the file is intact. Throws `ConfigError`.
 */
export function parseSignedRoster(
  text: string,
  pinnedOperatorKey: string | null,
  backend: SignatureBackend,
): SignedRoster {
  const fields = readObject(parseJson(text, MAX_ROSTER_BYTES), ["roster", "signature"]);
  const signature = readHex(fields.signature, SIGNATURE_BYTES);
  const roster = readRosterFields(fields.roster, backend);
  if (pinnedOperatorKey !== null && roster.operatorKey !== pinnedOperatorKey) {
    const operatorKey = { path: "$.roster.operatorKey", value: roster.operatorKey };
    refuse(operatorKey, `the pinned operator key ${describe(pinnedOperatorKey)}`);
  }
  const verifier = createVerifier(backend, roster.cluster);
  if (!verifier.verify("Roster", rosterBody(fields.roster.value), unhex(signature), unhex(roster.operatorKey))) {
    refuse(fields.signature, "the operator's signature over this roster", "one that does not verify");
  }
  return { roster, digest: rosterDigest(fields.roster.value) };
}

/** Parses and verifies a signed roster as {@linkcode parseSignedRoster} does. */
export const parseRoster = (text: string, pinnedOperatorKey: string | null, backend: SignatureBackend): Roster =>
  parseSignedRoster(text, pinnedOperatorKey, backend).roster;

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
