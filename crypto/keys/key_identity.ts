/** The public part of a key file: who its owner is, and whom he trusts (§2.1). */
import { unhex } from "../digest.ts";
import { PUBLIC_KEY_BYTES, type SignatureBackend } from "../signing/backend.ts";
import { type Field, readHex, readId, readString, refuse } from "../strict_json.ts";
import { CURVE_KEY_BYTES, isCurvePublicKey } from "./curve_key.ts";
import { type KeyKind, OPERATOR_ID } from "./key_kind.ts";

/** The part of a key file that is no secret. Keys are lower-case hexadecimal digits, as in the roster. */
export interface KeyIdentity {
  readonly kind: KeyKind;
  /** Id in the roster; `operator` for the operator. */
  readonly id: string;
  /** Cluster id. */
  readonly cluster: string;
  readonly publicKey: string;
  /** Public CURVE key, `curveKey` in the roster. */
  readonly curvePublicKey: string;
  /** The pinned root of trust: a roster signed by any other key is refused. */
  readonly operatorKey: string;
}

/** The fields of a key file that are no secret. */
export const IDENTITY_NAMES = [
  "version",
  "kind",
  "id",
  "cluster",
  "publicKey",
  "curvePublicKey",
  "operatorKey",
] as const;
/** These fields, as they were found. */
export type IdentityFields = Readonly<Record<(typeof IDENTITY_NAMES)[number], Field>>;

function readKind({ kind, id }: IdentityFields): Pick<KeyIdentity, "kind" | "id"> {
  const found = readString(kind, /^(?:operator|replica|client)$/, '"operator", "replica" or "client"') as KeyKind;
  const name = readId(id);
  if ((found === "operator") !== (name === OPERATOR_ID)) {
    refuse(id, found === "operator" ? `"${OPERATOR_ID}" for a key of kind operator` : `the id of a ${found}`);
  }
  return { kind: found, id: name };
}

/** Reads the public part of a key file. Throws `ConfigError`. */
export function readIdentity(fields: IdentityFields, backend: SignatureBackend): KeyIdentity {
  const { kind, id } = readKind(fields);
  const publicKey = readHex(fields.publicKey, PUBLIC_KEY_BYTES);
  const curve = readHex(fields.curvePublicKey, CURVE_KEY_BYTES);
  if (!isCurvePublicKey(unhex(curve))) refuse(fields.curvePublicKey, "a CURVE public key");
  const operatorKey = readHex(fields.operatorKey, PUBLIC_KEY_BYTES);
  if (!backend.isPublicKey(unhex(operatorKey))) refuse(fields.operatorKey, "a compressed point of secp256k1");
  if ((kind === "operator") !== (operatorKey === publicKey)) {
    refuse(fields.operatorKey, kind === "operator" ? "its own publicKey" : "another key than the node's own publicKey");
  }
  return { kind, id, cluster: readId(fields.cluster), publicKey, curvePublicKey: curve, operatorKey };
}
