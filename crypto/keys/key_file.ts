/** Key files: one secret key, its owner, and the operator key that is the root of trust (§2.1). */
import { PUBLIC_KEY_BYTES, SECRET_KEY_BYTES, type SignatureBackend } from "../signing/backend.ts";
import { ConfigError, withSource } from "../config_error.ts";
import { hex, unhex } from "../digest.ts";
import { readSmallFile, writeNewFile } from "../files.ts";
import { nobleBackend } from "../signing/noble_backend.ts";
import { parseJson, readHex, readId, readObject, readString, refuse } from "../strict_json.ts";

const MAX_KEY_FILE_BYTES = 4096;
const KEY_FILE_MODE = 0o600;
/** Permission bits of the group and of others. */
const FOREIGN_BITS = 0o077;

/** The role of a key's owner. */
export type KeyKind = "operator" | "replica" | "client";

/** The content of a key file. Keys are lower-case hexadecimal digits, as in the roster. Never log one: it holds the secret. */
export interface KeyFile {
  readonly kind: KeyKind;
  /** Id in the roster; `operator` for the operator. */
  readonly id: string;
  /** Cluster id. */
  readonly cluster: string;
  readonly secretKey: string;
  readonly publicKey: string;
  /** The pinned root of trust: a roster signed by any other key is refused. */
  readonly operatorKey: string;
}

/** Id of the operator; no replica or client may have it. */
export const OPERATOR_ID = "operator";

const NAMES = ["kind", "id", "cluster", "secretKey", "publicKey", "operatorKey"] as const;

/** Parses the text of a key file strictly. Throws `ConfigError` naming the field; no message ever contains the secret. */
export function parseKeyFile(text: string, backend: SignatureBackend = nobleBackend): KeyFile {
  const fields = readObject(parseJson(text, MAX_KEY_FILE_BYTES), NAMES);
  const kind = readString(fields.kind, /^(?:operator|replica|client)$/, '"operator", "replica" or "client"') as KeyKind;
  const id = readId(fields.id);
  if ((kind === "operator") !== (id === OPERATOR_ID)) {
    refuse(fields.id, kind === "operator" ? `"${OPERATOR_ID}" for a key of kind operator` : `the id of a ${kind}`);
  }
  const secretKey = readHex(fields.secretKey, SECRET_KEY_BYTES, true);
  if (!backend.isSecretKey(unhex(secretKey))) {
    refuse(fields.secretKey, "an integer in [1, n − 1] of secp256k1", "one outside that range (not shown)");
  }
  const publicKey = readHex(fields.publicKey, PUBLIC_KEY_BYTES);
  const derived = hex(backend.publicKey(unhex(secretKey)));
  if (publicKey !== derived) refuse(fields.publicKey, `the public key of secretKey, "${derived}"`);
  const operatorKey = readHex(fields.operatorKey, PUBLIC_KEY_BYTES);
  if (!backend.isPublicKey(unhex(operatorKey))) refuse(fields.operatorKey, "a compressed point of secp256k1");
  if ((kind === "operator") !== (operatorKey === publicKey)) {
    refuse(fields.operatorKey, kind === "operator" ? "its own publicKey" : "another key than the node's own publicKey");
  }
  return { kind, id, cluster: readId(fields.cluster), secretKey, publicKey, operatorKey };
}

/** Throws `ConfigError` unless only the owner can read the file. Platforms without permission bits (null) are exempt. */
function requirePrivate(path: string, mode: number | null): void {
  if (mode === null || (mode & FOREIGN_BITS) === 0) return;
  const given = (mode & 0o777).toString(8).padStart(4, "0");
  throw new ConfigError(
    `${path}: given mode ${given}, wanted a secret key that only its owner can read (run: chmod 600 ${path})`,
  );
}

/**
 * Reads a key file of at most 4096 bytes. Throws `ConfigError` naming the file, the field, what was given and what is wanted; refuses a
 * file that others than its owner can read.
 */
export async function readKeyFile(path: string, backend: SignatureBackend = nobleBackend): Promise<KeyFile> {
  const { text, mode } = await readSmallFile(path, MAX_KEY_FILE_BYTES);
  requirePrivate(path, mode);
  return withSource(path, () => parseKeyFile(text, backend));
}

/** Writes a new key file with mode 0600, whole or not at all. Throws `ConfigError` if the file exists or the key is not valid. */
export async function writeKeyFile(
  path: string,
  key: KeyFile,
  backend: SignatureBackend = nobleBackend,
): Promise<void> {
  const { kind, id, cluster, secretKey, publicKey, operatorKey } = key;
  const text = JSON.stringify({ kind, id, cluster, secretKey, publicKey, operatorKey }, null, 2) + "\n";
  withSource(path, () => parseKeyFile(text, backend));
  await writeNewFile(path, text, KEY_FILE_MODE);
}
