/** Reading `cluster.json` into a roster that can be trusted (§2.1). */
import { SIGNATURE_BYTES } from "../../protocol/bytes/sizes.ts";
import type { SignatureBackend } from "../signing/backend.ts";
import { withSource } from "../config_error.ts";
import { unhex } from "../digest.ts";
import { readSmallFile } from "../files.ts";
import { rosterBody } from "./roster.ts";
import { readRosterFields } from "./roster_fields.ts";
import { createVerifier } from "../signing/signing.ts";
import { describe, parseJson, readHex, readObject, refuse } from "../strict_json.ts";
import type { Roster } from "./roster_types.ts";

/** Well above the largest roster the limits allow, laid out with white space. */
const MAX_ROSTER_BYTES = 2 * 1024 * 1024;

/**
 * Parses and verifies a signed roster. With a pinned operator key (from a key file) only a roster of that operator is accepted; with null
 * the roster's own operator key is believed, which proves no more than that the file is intact. Throws `ConfigError`.
 */
export function parseRoster(text: string, pinnedOperatorKey: string | null, backend: SignatureBackend): Roster {
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
  return roster;
}

/** Reads and verifies `cluster.json`, at most 2 MiB, as {@linkcode parseRoster} does. Throws `ConfigError` naming the file. */
export async function readRoster(
  path: string,
  pinnedOperatorKey: string | null,
  backend: SignatureBackend,
): Promise<Roster> {
  const { text } = await readSmallFile(path, MAX_ROSTER_BYTES);
  return withSource(path, () => parseRoster(text, pinnedOperatorKey, backend));
}
