/** Key files: the two secret keys of one member, its id, and the operator key that is the root of trust (§2.1). */
import { withSource } from "../config_error.ts";
import { hex, unhex } from "../digest.ts";
import { readSmallFile, requirePrivate, writeNewFile } from "../files.ts";
import { SECRET_KEY_BYTES, type SignatureBackend } from "../signing/backend.ts";
import { nobleBackend } from "../signing/noble_backend.ts";
import { type Field, parseJson, readHex, readObject, refuse, requireVersion } from "../strict_json.ts";
import { CURVE_KEY_BYTES, curvePublicKey, isCurveSecretKey } from "./curve_key.ts";
import { IDENTITY_NAMES, type IdentityFields, type KeyIdentity, readIdentity } from "./key_identity.ts";
import { readPassphrase } from "./passphrase.ts";
import { openSecrets, readSealed, sealSecrets } from "./sealed_secrets.ts";

export type { KeyIdentity } from "./key_identity.ts";
export { type KeyKind, OPERATOR_ID } from "./key_kind.ts";

const MAX_KEY_FILE_BYTES = 4096;
const KEY_FILE_MODE = 0o600;
const KEY_FILE_VERSION = 2;
const SECRET_BYTES = SECRET_KEY_BYTES + CURVE_KEY_BYTES;

/** The content of a key file. Never log one: it holds the secrets. */
export interface KeyFile extends KeyIdentity {
  /** Signs messages. */
  readonly secretKey: string;
  /** Proves to the other end of a connection who this is. */
  readonly curveSecretKey: string;
}

const SECRET_NAMES = ["secretKey", "curveSecretKey"] as const;
/** The secrets of a file, and where an error about each points. */
interface Secrets {
  readonly secretKey: Field;
  readonly curveSecretKey: Field;
}

function openSealed(sealed: Field, identity: KeyIdentity, passphrase: string | null): Secrets {
  if (passphrase === null) {
    refuse(sealed, "a passphrase to open this key file with: --passphrase-file FILE", "none");
  }
  const bytes = openSecrets(sealed, SECRET_BYTES, { version: KEY_FILE_VERSION, ...identity }, passphrase);
  return {
    secretKey: { path: "$.sealed.secretKey", value: hex(bytes.subarray(0, SECRET_KEY_BYTES)) },
    curveSecretKey: { path: "$.sealed.curveSecretKey", value: hex(bytes.subarray(SECRET_KEY_BYTES)) },
  };
}

/** Throws unless both secret keys are sound and their public keys are those of the file. No message contains a secret. */
function requirePairs(
  identity: KeyIdentity,
  fields: IdentityFields,
  secrets: Secrets,
  backend: SignatureBackend,
): KeyFile {
  const secretKey = readHex(secrets.secretKey, SECRET_KEY_BYTES, true);
  if (!backend.isSecretKey(unhex(secretKey))) {
    refuse(secrets.secretKey, "an integer in [1, n − 1] of secp256k1", "one outside that range (not shown)");
  }
  const derived = hex(backend.publicKey(unhex(secretKey)));
  if (identity.publicKey !== derived) refuse(fields.publicKey, `the public key of secretKey, "${derived}"`);
  const curveSecretKey = readHex(secrets.curveSecretKey, CURVE_KEY_BYTES, true);
  if (!isCurveSecretKey(unhex(curveSecretKey))) refuse(secrets.curveSecretKey, "one that is not all zero", "zeros");
  const curve = hex(curvePublicKey(unhex(curveSecretKey)));
  if (identity.curvePublicKey !== curve) {
    refuse(fields.curvePublicKey, `the public key of curveSecretKey, "${curve}"`);
  }
  return { ...identity, secretKey, curveSecretKey };
}

const isSealed = ({ value }: Field): boolean =>
  typeof value === "object" && value !== null && Object.hasOwn(value, "sealed");

function parseRoot(text: string): Field {
  const root = parseJson(text, MAX_KEY_FILE_BYTES);
  requireVersion(root, KEY_FILE_VERSION, "a key file that holds a CURVE key too; make new keys with keygen");
  return root;
}

/**
 * Parses the text of a key file strictly; a sealed one with its passphrase, a plain one with none. Throws `ConfigError` naming the field; no
 * message ever contains a secret.
 */
export function parseKeyFile(
  text: string,
  backend: SignatureBackend = nobleBackend,
  passphrase: string | null = null,
): KeyFile {
  const root = parseRoot(text);
  if (isSealed(root)) {
    const fields = readObject(root, [...IDENTITY_NAMES, "sealed"]);
    const identity = readIdentity(fields, backend);
    return requirePairs(identity, fields, openSealed(fields.sealed, identity, passphrase), backend);
  }
  const fields = readObject(root, [...IDENTITY_NAMES, ...SECRET_NAMES]);
  const key = requirePairs(readIdentity(fields, backend), fields, fields, backend);
  if (passphrase !== null) refuse(root, "a sealed one, or no passphrase", "a plain key file and a passphrase");
  return key;
}

/** The public part of a key file, and whether it was sealed: then nobody has checked yet that the secrets belong to it. */
export interface ReadIdentity extends KeyIdentity {
  readonly sealed: boolean;
}

/** Parses the public part of a key file; that of a sealed one needs no passphrase, and is believed as it stands. Throws `ConfigError`. */
export function parseKeyIdentity(text: string, backend: SignatureBackend = nobleBackend): ReadIdentity {
  const root = parseRoot(text);
  if (isSealed(root)) {
    const fields = readObject(root, [...IDENTITY_NAMES, "sealed"]);
    readSealed(fields.sealed, SECRET_BYTES);
    return { ...readIdentity(fields, backend), sealed: true };
  }
  const { secretKey: _, curveSecretKey: __, ...identity } = parseKeyFile(text, backend);
  return { ...identity, sealed: false };
}

async function readPrivate<T>(path: string, parse: (text: string) => T): Promise<T> {
  const { text, mode } = await readSmallFile(path, MAX_KEY_FILE_BYTES);
  requirePrivate(path, mode, "a secret key");
  return withSource(path, () => parse(text));
}

/**
 * Reads a key file of at most 4096 bytes. Throws `ConfigError` naming the file, the field, what was given and what is wanted; refuses a
 * file that others than its owner can read.
 */
export const readKeyFile = (
  path: string,
  backend: SignatureBackend = nobleBackend,
  passphrase: string | null = null,
): Promise<KeyFile> => readPrivate(path, (text) => parseKeyFile(text, backend, passphrase));

/** Reads a key file, sealed under the passphrase in `passphraseFile` unless that is null. Throws `ConfigError`. */
export const unlockKeyFile = async (
  path: string,
  passphraseFile: string | null,
  backend: SignatureBackend = nobleBackend,
): Promise<KeyFile> => await readKeyFile(path, backend, await readPassphrase(passphraseFile));

/** Reads the public part of a key file. Throws `ConfigError` as {@linkcode readKeyFile} does. */
export const readKeyIdentity = (path: string, backend: SignatureBackend = nobleBackend): Promise<ReadIdentity> =>
  readPrivate(path, (text) => parseKeyIdentity(text, backend));

/** Returns the text of a key file, its secrets sealed under `passphrase` unless that is null. Throws `ConfigError` if it is not valid. */
export function keyFileText(
  key: KeyFile,
  backend: SignatureBackend = nobleBackend,
  passphrase: string | null = null,
  cost?: number,
): string {
  const { kind, id, cluster, publicKey, curvePublicKey, operatorKey, secretKey, curveSecretKey } = key;
  const identity = { version: KEY_FILE_VERSION, kind, id, cluster, publicKey, curvePublicKey, operatorKey };
  const plain = `${JSON.stringify({ ...identity, secretKey, curveSecretKey }, null, 2)}\n`;
  parseKeyFile(plain, backend);
  if (passphrase === null) return plain;
  const sealed = sealSecrets(unhex(secretKey + curveSecretKey), identity, passphrase, cost);
  return `${JSON.stringify({ ...identity, sealed }, null, 2)}\n`;
}

/** Writes a new key file with mode 0600, whole or not at all. Throws `ConfigError` if the file exists or the key is not valid. */
export async function writeKeyFile(
  path: string,
  key: KeyFile,
  backend: SignatureBackend = nobleBackend,
  passphrase: string | null = null,
): Promise<void> {
  await writeNewFile(path, withSource(path, () => keyFileText(key, backend, passphrase)), KEY_FILE_MODE);
}
