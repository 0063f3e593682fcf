/** Every signature backend this platform has, for tests. */
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import { SYSTEM_LIBRARY_PATHS } from "../../crypto/signing/library_paths.ts";
import { loadPackageBackend, loadSystemBackend } from "../../crypto/signing/load_ffi_backend.ts";
import { loadNativeBackend } from "../../crypto/signing/native_backend.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";

/** Platforms the package ships a build for; there its add-on must load, by N-API and, on Linux, by its C functions, or the tests fail. */
const PREBUILT = ["linux-x86_64", "darwin-aarch64", "windows-x86_64"];
const isPrebuilt = PREBUILT.includes(`${Deno.build.os}-${Deno.build.arch}`);
const isLinux = Deno.build.os === "linux";

const isThere = (path: string): Promise<boolean> => Deno.stat(path).then(({ isFile }) => isFile, () => false);

async function allBackends(): Promise<SignatureBackend[]> {
  const all: SignatureBackend[] = [];
  const isOnSystem = (await Promise.all(SYSTEM_LIBRARY_PATHS.map(isThere))).includes(true);
  if (isOnSystem) all.push(loadSystemBackend());
  if (isPrebuilt && isLinux) all.push(await loadPackageBackend());
  if (isPrebuilt) all.push(await loadNativeBackend());
  return [...all, nobleBackend];
}

/** The backends, from the fastest to noble. */
export const BACKENDS: readonly SignatureBackend[] = await allBackends();

/** The fastest backend, for tests that are not about backends. */
export const backend: SignatureBackend = BACKENDS[0]!;
