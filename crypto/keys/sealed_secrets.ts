/**
 * The secrets of a key file under a passphrase: scrypt (RFC 7914) makes the key, AES-256-GCM seals them and authenticates the fields beside them.
 * Both are the platform's own.
 */
import { createCipheriv, createDecipheriv, scryptSync } from "node:crypto";
import { canonicalJson } from "../canonical_json.ts";
import { hex, unhex } from "../digest.ts";
import { type Field, readHex, readInteger, readObject, readString, refuse } from "../strict_json.ts";

const KDF = "scrypt";
const CIPHER = "aes-256-gcm";
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
/** r and p of scrypt. A file names them, for other programs, but no other values are taken. */
const BLOCK = 8;
const PARALLEL = 1;
/** scrypt takes 128 · N · r bytes. */
const BYTES_PER_N = 128 * BLOCK;
/** More than OpenSSL needs beside that. */
const SLACK_BYTES = 1024 * 1024;

/** N of scrypt: memory and time grow with it. A file may name a power of two from the least to the most, so a hostile one costs no more. */
export const SCRYPT_COST = { least: 2 ** 14, default: 2 ** 17, most: 2 ** 18 } as const;

/** Secrets under a passphrase, as they stand in a file. All bytes are lower-case hexadecimal digits. */
export interface SealedSecrets {
  readonly kdf: typeof KDF;
  readonly n: number;
  readonly r: typeof BLOCK;
  readonly p: typeof PARALLEL;
  readonly salt: string;
  readonly cipher: typeof CIPHER;
  readonly nonce: string;
  /** Ciphertext, then the tag of 16 bytes. */
  readonly box: string;
}

type Header = Omit<SealedSecrets, "box">;

const NAMES = ["kdf", "n", "r", "p", "salt", "cipher", "nonce", "box"] as const;

/** Returns the bytes that are authenticated with the secrets: the fields beside them, and how they are sealed. */
const associated = (beside: object, header: Header): Uint8Array =>
  new TextEncoder().encode(canonicalJson({ ...beside, sealed: header }));

function deriveKey(passphrase: string, { n, salt }: Header): Uint8Array {
  const options = { N: n, r: BLOCK, p: PARALLEL, maxmem: BYTES_PER_N * n + SLACK_BYTES };
  return scryptSync(new TextEncoder().encode(passphrase), unhex(salt), KEY_BYTES, options);
}

/** Returns `secrets` sealed under `passphrase`, bound to the fields `beside` them. */
export function sealSecrets(
  secrets: Uint8Array,
  beside: object,
  passphrase: string,
  n: number = SCRYPT_COST.default,
): SealedSecrets {
  const [salt, nonce] = [SALT_BYTES, NONCE_BYTES].map((bytes) => hex(crypto.getRandomValues(new Uint8Array(bytes))));
  const header: Header = { kdf: KDF, n, r: BLOCK, p: PARALLEL, salt: salt!, cipher: CIPHER, nonce: nonce! };
  const cipher = createCipheriv(CIPHER, deriveKey(passphrase, header), unhex(header.nonce));
  cipher.setAAD(associated(beside, header));
  const box = [cipher.update(secrets), cipher.final(), cipher.getAuthTag()].map((part) => hex(new Uint8Array(part)));
  return { ...header, box: box.join("") };
}

/**
 * Opens the secrets of `bytes` bytes in `field`. Throws `ConfigError` if it is no such thing, asks for more than scrypt may cost (256 MiB, and a
 * second or two of a common processor), was sealed under another passphrase or beside other fields.
 */
export function openSecrets(field: Field, bytes: number, beside: object, passphrase: string): Uint8Array {
  const { header, box } = readSealed(field, bytes);
  const decipher = createDecipheriv(CIPHER, deriveKey(passphrase, header), unhex(header.nonce), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(associated(beside, header));
  decipher.setAuthTag(unhex(box).subarray(bytes));
  try {
    return Uint8Array.of(...decipher.update(unhex(box).subarray(0, bytes)), ...decipher.final());
  } catch {
    return refuse(field, "the passphrase it was sealed with", "another passphrase, or a file that was altered");
  }
}

/** Reads how secrets are sealed, without opening them. Throws `ConfigError`. */
export function readSealed(field: Field, bytes: number): { readonly header: Header; readonly box: string } {
  const fields = readObject(field, NAMES);
  readString(fields.kdf, /^scrypt$/, `"${KDF}"`);
  readString(fields.cipher, /^aes-256-gcm$/, `"${CIPHER}"`);
  readInteger(fields.r, BLOCK, BLOCK);
  readInteger(fields.p, PARALLEL, PARALLEL);
  const n = readInteger(fields.n, SCRYPT_COST.least, SCRYPT_COST.most);
  if (!Number.isInteger(Math.log2(n))) refuse(fields.n, "a power of two");
  const salt = readHex(fields.salt, SALT_BYTES);
  const nonce = readHex(fields.nonce, NONCE_BYTES);
  const header: Header = { kdf: KDF, n, r: BLOCK, p: PARALLEL, salt, cipher: CIPHER, nonce };
  return { header, box: readHex(fields.box, bytes + TAG_BYTES) };
}
