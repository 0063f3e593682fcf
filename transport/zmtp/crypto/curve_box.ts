/** The cryptography of CURVE behind one small interface: NaCl's box with its keys computed once, X25519 and randomness. */

/** Bytes of a public, secret or shared key. */
export const KEY_BYTES = 32;
export const NONCE_BYTES = 24;
/** Bytes of a nonce that a series has in common. */
export const PREFIX_BYTES = 16;
/** Bytes by which a box is longer than what it holds: the authenticator, which stands first. */
export const MAC_BYTES = 16;

/** An X25519 key pair. */
export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/** NaCl's `crypto_box` in parts. */
export interface CurveBox {
  /** Says in logs which library does the work. */
  readonly name: string;
  randomBytes(length: number): Uint8Array;
  makeKeyPair(): KeyPair;
  publicKeyOf(secretKey: Uint8Array): Uint8Array;
  /** Computes the key two parties share (`crypto_box_beforenm`). Null for a public key with which every secret key gives the same. */
  sharedKey(publicKey: Uint8Array, secretKey: Uint8Array): Uint8Array | null;
  /** Returns the boxes of a shared key whose nonces begin with `prefix`. */
  series(key: Uint8Array, prefix: Uint8Array): BoxSeries;
}

/**
 * Boxes of one key whose nonces differ in their last 8 bytes alone, as all of one direction of a connection do: what XSalsa20 makes of the key and the
 * other 16 is computed once. A message goes from where it is to where it belongs, and is copied as seldom as can be.
 */
export interface BoxSeries {
  /** Seals `head` and `body` as one; the box is written to `into` at `at`, and is longer than both by {@linkcode MAC_BYTES}. */
  seal(nonce: Uint8Array, head: Uint8Array, body: Uint8Array, into: Uint8Array, at: number): void;
  /**
   * Opens the box of `length` bytes at `at` of `from`. As many bytes as `head` has go there; returns the others, in memory of their own, or null if the box is
   * not genuine or too short.
   */
  open(nonce: Uint8Array, from: Uint8Array, at: number, length: number, head: Uint8Array): Uint8Array | null;
}

const NO_HEAD = new Uint8Array(0);

/** Returns a new box around `plain`. */
export function sealed(box: CurveBox, key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
  const boxed = new Uint8Array(MAC_BYTES + plain.length);
  box.series(key, nonce.subarray(0, PREFIX_BYTES)).seal(nonce, NO_HEAD, plain, boxed, 0);
  return boxed;
}

/** Returns what `boxed` holds; null if it is not genuine. */
export function opened(box: CurveBox, key: Uint8Array, nonce: Uint8Array, boxed: Uint8Array): Uint8Array | null {
  return box.series(key, nonce.subarray(0, PREFIX_BYTES)).open(nonce, boxed, 0, boxed.length, NO_HEAD);
}
