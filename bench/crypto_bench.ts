/** `deno bench -A bench/crypto_bench.ts`: signing, verifying and hashing on every backend. */
import { sha256, sha256Hex } from "../crypto/digest.ts";
import { generateKeyPair } from "../crypto/keys/key_pair.ts";
import { createSigner, createVerifier } from "../crypto/signing/signing.ts";
import { createVerifiedCache } from "../crypto/signing/verified_cache.ts";
import { BACKENDS } from "../tests/support/backends.ts";

const body = crypto.getRandomValues(new Uint8Array(200));
const large = crypto.getRandomValues(new Uint8Array(64 * 1024));

for (const backend of BACKENDS) {
  const { secretKey, publicKey } = generateKeyPair(backend);
  const signer = createSigner(backend, secretKey, "bench");
  const verifier = createVerifier(backend, "bench");
  const cached = createVerifier(backend, "bench", createVerifiedCache());
  const signature = signer.sign("SendRequest", body);
  Deno.bench(`${backend.name}: sign a body of 200 B`, { group: "sign" }, () => {
    signer.sign("SendRequest", body);
  });
  Deno.bench(`${backend.name}: verify a body of 200 B`, { group: "verify" }, () => {
    verifier.verify("SendRequest", body, signature, publicKey);
  });
  Deno.bench(`${backend.name}: verify it again, cached`, { group: "verify" }, () => {
    cached.verify("SendRequest", body, signature, publicKey);
  });
}

Deno.bench("SHA-256 of 200 B as digits", { group: "hash" }, () => {
  sha256Hex(body);
});
Deno.bench("SHA-256 of 200 B as bytes", { group: "hash" }, () => {
  sha256(body);
});
Deno.bench("SHA-256 of 64 KiB as digits", { group: "hash 64 KiB" }, () => {
  sha256Hex(large);
});
