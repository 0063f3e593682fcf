/** Rosters signed by any number of keys, for tests of their chain. */
import { unhex } from "../../../crypto/digest.ts";
import type { KeyFile } from "../../../crypto/keys/key_file.ts";
import type { Address } from "../../../crypto/roster/address.ts";
import { type KeyRequest, requestOf } from "../../../crypto/roster/key_request.ts";
import {
  parseRosterFile,
  requireSigned,
  type RosterFile,
  type SignedRoster,
} from "../../../crypto/roster/parse_roster.ts";
import { rosterText, signatureOver } from "../../../crypto/roster/roster.ts";
import type { Roster } from "../../../crypto/roster/roster_types.ts";
import { backend } from "../backends.ts";
import { type MemberKeys, newMemberKeys } from "../make_roster.ts";

/** Returns the text of a roster with the signatures of these keys. */
export function textSignedBy(roster: Roster, ...by: readonly Pick<KeyFile, "secretKey">[]): string {
  const made = by.map(({ secretKey }) => signatureOver(roster, roster.cluster, unhex(secretKey), backend));
  return rosterText(roster, roster.operatorKey, new Map(made.map(({ key, signature }) => [key, signature])));
}

/** Returns a roster as a file with the signatures of these keys holds it. */
export const fileSignedBy = (roster: Roster, ...by: readonly Pick<KeyFile, "secretKey">[]): RosterFile =>
  parseRosterFile(textSignedBy(roster, ...by), backend);

/** Returns a roster as it reads with the signatures of these keys. */
export const signedBy = (roster: Roster, ...by: readonly Pick<KeyFile, "secretKey">[]): SignedRoster =>
  requireSigned(fileSignedBy(roster, ...by));

/** An address of a replica that nobody else has. */
export const addressAt = (host: string): Address => ({ host, peerPort: 1, publishPort: 2, clientPort: 3 });

/** Returns a request with new keys for a place in `roster`; `operator` asks for itself. */
export function newRequest(
  { cluster, operatorKey }: Pick<Roster, "cluster" | "operatorKey">,
  id: string,
  kind: KeyRequest["kind"],
  keys: MemberKeys = newMemberKeys(),
): KeyRequest {
  const trusted = kind === "operator" ? keys.publicKey : operatorKey;
  const key: KeyFile = { ...keys, id, kind, cluster, operatorKey: trusted };
  return requestOf(key, kind === "replica" ? addressAt(`${id}.example`) : null);
}
