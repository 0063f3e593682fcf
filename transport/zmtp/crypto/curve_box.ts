/** The cryptography of CURVE behind one small interface: NaCl's box with its key computed once, X25519 and randomness. */

/** Bytes of a public, secret or shared key. */
export const KEY_BYTES = 32;
export const NONCE_BYTES = 24;
/** Bytes by which a box is longer than what it holds: the authenticator, which stands first. */
export const MAC_BYTES = 16;

/** An X25519 key pair. */
export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/**
 * NaCl's `crypto_box` in parts. Boxes are made and opened in place, so that a message is copied as seldom as can be.
 */
export interface CurveBox {
  /** Says in logs which library does the work. */
  readonly name: string;
  randomBytes(length: number): Uint8Array;
  makeKeyPair(): KeyPair;
  publicKeyOf(secretKey: Uint8Array): Uint8Array;
  /** Computes the key two parties share (`crypto_box_beforenm`). Null for a public key with which every secret key gives the same. */
  sharedKey(publicKey: Uint8Array, secretKey: Uint8Array): Uint8Array | null;
  /** Seals `length` bytes that stand at `at + MAC_BYTES` of `buffer`; the box then begins at `at`. */
  seal(key: Uint8Array, nonce: Uint8Array, buffer: Uint8Array, at: number, length: number): void;
  /** Opens the box of `length` bytes at `at`; what it held then stands at `at + MAC_BYTES`. False, if it is not genuine. */
  open(key: Uint8Array, nonce: Uint8Array, buffer: Uint8Array, at: number, length: number): boolean;
}

/** Returns a new box around `plain`. */
export function sealed(box: CurveBox, key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(MAC_BYTES + plain.length);
  buffer.set(plain, MAC_BYTES);
  box.seal(key, nonce, buffer, 0, plain.length);
  return buffer;
}

/** Returns what `boxed` holds; null if it is not genuine. */
export function opened(box: CurveBox, key: Uint8Array, nonce: Uint8Array, boxed: Uint8Array): Uint8Array | null {
  const buffer = boxed.slice();
  return box.open(key, nonce, buffer, 0, buffer.length) ? buffer.subarray(MAC_BYTES) : null;
}
