/** Every signature backend this platform has, for tests. */
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import { loadNativeBackend } from "../../crypto/signing/native_backend.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";

/** Platforms the package ships a build for; there the native backend must load, or the tests fail. */
const PREBUILT = ["linux-x86_64", "darwin-aarch64", "windows-x86_64"];

const native: SignatureBackend | null = PREBUILT.includes(`${Deno.build.os}-${Deno.build.arch}`)
  ? await loadNativeBackend()
  : null;

/** Noble, and libsecp256k1 if there is a build of it. */
export const BACKENDS: readonly SignatureBackend[] = native === null ? [nobleBackend] : [nobleBackend, native];

/** The fastest backend, for tests that are not about backends. */
export const backend: SignatureBackend = native ?? nobleBackend;
