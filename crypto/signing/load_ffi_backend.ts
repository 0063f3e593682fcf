/** Loading of libsecp256k1's C functions, from the system or from npm's package. */
import type { SignatureBackend } from "./backend.ts";
import { openCLibrary } from "./c_library.ts";
import { createFfiBackend } from "./ffi_backend.ts";
import { packageFolder, packageLibraryPath, SYSTEM_LIBRARY_PATHS } from "./library_paths.ts";

/** Returns whether code at `path` may be loaded without a question to whoever sits at the terminal. */
const mayLoad = (path: string): boolean => Deno.permissions.querySync({ name: "ffi", path }).state === "granted";

/** The platform has no error of its own for a library that is not there. */
const isMissing = (reason: string): boolean => /no such file/i.test(reason);

/** Loads the first of `paths` that is there, permitted and fit. Throws if none is, with the reasons of those that are there. */
export function loadSystemBackend(paths: readonly string[] = SYSTEM_LIBRARY_PATHS): SignatureBackend {
  const permitted = paths.filter(mayLoad);
  const reasons: string[] = [];
  for (const path of permitted) {
    try {
      return createFfiBackend("libsecp256k1-system", openCLibrary(path));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!isMissing(reason)) reasons.push(reason);
    }
  }
  const none = `wanted version 0.2 or later, found none at ${permitted.length} permitted paths of ${paths.length}`;
  throw new Error(reasons.length > 0 ? reasons.join("; ") : none);
}

/** Loads the C functions of the package's add-on. Rejects if it has none for this platform, or if a permission is missing. */
export async function loadPackageBackend(): Promise<SignatureBackend> {
  const folder = packageFolder();
  if (!mayLoad(folder)) throw new Error(`not permitted to load code from ${folder}`);
  return createFfiBackend("libsecp256k1-npm", openCLibrary(await packageLibraryPath()));
}
