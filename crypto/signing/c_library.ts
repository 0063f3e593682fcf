/** The C functions of libsecp256k1, called by `Deno.dlopen`. */

/** `SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY`: versions before 0.2 want both named, later ones take them for `NONE`. */
const CONTEXT_FLAGS = 0x301;
/** `SECP256K1_EC_COMPRESSED`. */
const COMPRESSED = 0x102;
const SEED_BYTES = 32;
/** Bytes of a parsed key and of a parsed signature, whose contents are the library's own matter. */
export const OPAQUE_BYTES = 64;

const FUNCTIONS = {
  secp256k1_context_create: { parameters: ["u32"], result: "pointer" },
  secp256k1_context_randomize: { parameters: ["pointer", "buffer"], result: "i32" },
  secp256k1_ec_seckey_verify: { parameters: ["pointer", "buffer"], result: "i32" },
  secp256k1_ec_pubkey_create: { parameters: ["pointer", "buffer", "buffer"], result: "i32" },
  secp256k1_ec_pubkey_parse: { parameters: ["pointer", "buffer", "buffer", "usize"], result: "i32" },
  secp256k1_ec_pubkey_serialize: { parameters: ["pointer", "buffer", "buffer", "buffer", "u32"], result: "i32" },
  secp256k1_ecdsa_sign: {
    parameters: ["pointer", "buffer", "buffer", "buffer", "pointer", "pointer"],
    result: "i32",
  },
  secp256k1_ecdsa_signature_serialize_compact: { parameters: ["pointer", "buffer", "buffer"], result: "i32" },
  secp256k1_ecdsa_signature_parse_compact: { parameters: ["pointer", "buffer", "buffer"], result: "i32" },
  secp256k1_ecdsa_verify: { parameters: ["pointer", "buffer", "buffer", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/**
 * The functions used, over one context. Arrays have the length that the function reads or writes: the library cannot check it. Each returns
 * whether it succeeded; output of one that did not is of no use, and a key or signature that was not parsed must not be passed on: the
 * library ends the process then.
 */
export interface CLibrary {
  isSecretKey(key: Uint8Array): boolean;
  createPublicKey(parsed: Uint8Array, secretKey: Uint8Array): boolean;
  parsePublicKey(parsed: Uint8Array, compressed: Uint8Array): boolean;
  serializePublicKey(compressed: Uint8Array, parsed: Uint8Array): boolean;
  sign(parsed: Uint8Array, digest: Uint8Array, secretKey: Uint8Array): boolean;
  serializeSignature(compact: Uint8Array, parsed: Uint8Array): boolean;
  parseSignature(parsed: Uint8Array, compact: Uint8Array): boolean;
  verify(parsed: Uint8Array, digest: Uint8Array, parsedKey: Uint8Array): boolean;
}

/** Opens the library at `path`, with its context blinded against side channels. Throws if it is not there, not permitted or lacks a function. */
export function openCLibrary(path: string): CLibrary {
  const { symbols: c } = Deno.dlopen(path, FUNCTIONS);
  const context = c.secp256k1_context_create(CONTEXT_FLAGS);
  const seed = crypto.getRandomValues(new Uint8Array(SEED_BYTES));
  if (context === null || c.secp256k1_context_randomize(context, seed) !== 1) throw new Error(`${path}: no context`);
  seed.fill(0);
  const length = new BigUint64Array(1);
  return {
    isSecretKey: (key) => c.secp256k1_ec_seckey_verify(context, key) === 1,
    createPublicKey: (parsed, secretKey) => c.secp256k1_ec_pubkey_create(context, parsed, secretKey) === 1,
    parsePublicKey: (parsed, compressed) =>
      c.secp256k1_ec_pubkey_parse(context, parsed, compressed, BigInt(compressed.length)) === 1,
    serializePublicKey(compressed, parsed) {
      length[0] = BigInt(compressed.length);
      return c.secp256k1_ec_pubkey_serialize(context, compressed, length, parsed, COMPRESSED) === 1;
    },
    sign: (parsed, digest, key) => c.secp256k1_ecdsa_sign(context, parsed, digest, key, null, null) === 1,
    serializeSignature: (compact, parsed) =>
      c.secp256k1_ecdsa_signature_serialize_compact(context, compact, parsed) === 1,
    parseSignature: (parsed, compact) => c.secp256k1_ecdsa_signature_parse_compact(context, parsed, compact) === 1,
    verify: (parsed, digest, key) => c.secp256k1_ecdsa_verify(context, parsed, digest, key) === 1,
  };
}
