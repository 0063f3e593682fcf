/**
 * libsecp256k1 through the N-API calls of the npm package `secp256k1`, where its C functions cannot be called. Only the package's raw binding
 * is ever imported: its default entry silently falls back to the `elliptic` package.
 */
import { requireDigest, requireSecretKey, SECRET_KEY_BYTES, type SignatureBackend } from "./backend.ts";
import { isCompressedForm, isVerifiable, reduceDigest } from "./scalar.ts";

/** The functions used of the binding. It throws on malformed bytes, which is turned into values here. */
export interface NativeBinding {
  contextRandomize(seed: Uint8Array): void;
  privateKeyVerify(key: Uint8Array): boolean;
  publicKeyVerify(key: Uint8Array): boolean;
  publicKeyCreate(key: Uint8Array, compressed: boolean): Uint8Array;
  ecdsaSign(digest: Uint8Array, key: Uint8Array): { readonly signature: Uint8Array };
  ecdsaVerify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean;
}

const FUNCTIONS = [
  "contextRandomize",
  "privateKeyVerify",
  "publicKeyVerify",
  "publicKeyCreate",
  "ecdsaSign",
  "ecdsaVerify",
] as const satisfies readonly (keyof NativeBinding)[];

function isNativeBinding(value: unknown): value is NativeBinding {
  if (typeof value !== "object" || value === null) return false;
  const members = value as Readonly<Record<string, unknown>>;
  return FUNCTIONS.every((name) => typeof members[name] === "function");
}

/** Returns the backend over a loaded binding. */
export function createNativeBackend(binding: NativeBinding): SignatureBackend {
  const isSecretKey = (key: Uint8Array): boolean => key.length === SECRET_KEY_BYTES && binding.privateKeyVerify(key);
  return {
    name: "libsecp256k1-napi",
    publicKey(secretKey) {
      requireSecretKey(secretKey, isSecretKey(secretKey));
      return binding.publicKeyCreate(secretKey, true);
    },
    isPublicKey: (key) => isCompressedForm(key) && binding.publicKeyVerify(key),
    isSecretKey,
    sign(digest, secretKey) {
      requireDigest(digest);
      requireSecretKey(secretKey, isSecretKey(secretKey));
      return binding.ecdsaSign(reduceDigest(digest), secretKey).signature;
    },
    verify(signature, digest, publicKey) {
      if (!isVerifiable(signature, digest, publicKey)) return false;
      try {
        return binding.ecdsaVerify(signature, digest, publicKey);
      } catch {
        return false; // no point of the curve has this x
      }
    },
  };
}

/**
 * Loads the add-on, with its context blinded against side channels. Rejects if there is no build of it for this platform, if a permission
 * is missing (FFI, reading the package, the environment variables its loader reads), or if it lacks a function.
 */
export async function loadNativeBackend(): Promise<SignatureBackend> {
  const module: { readonly default?: unknown } = await import("secp256k1-native");
  const binding = module.default;
  if (!isNativeBinding(binding)) throw new Error(`secp256k1 binding: wanted the functions ${FUNCTIONS.join(", ")}`);
  binding.contextRandomize(crypto.getRandomValues(new Uint8Array(32)));
  return createNativeBackend(binding);
}
