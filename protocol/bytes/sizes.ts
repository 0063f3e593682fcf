/** Sizes fixed by the encoding, in bytes. */

/** Bytes of a digest. */
export const DIGEST_BYTES = 32;

/** Bytes of a signature, r‖s. */
export const SIGNATURE_BYTES = 64;
