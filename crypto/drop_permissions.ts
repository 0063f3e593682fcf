/** Permissions that a process gives up once it has what it needed them for. Nothing gets them back. */
import { basename, dirname, join, resolve } from "node:path";

/** Wanted for loading native code, or never: foreign functions, the environment, other programs, the system, code from elsewhere. */
const OF_LOADING = ["ffi", "env", "run", "sys", "import"] as const;
const OF_PATHS = ["read", "write"] as const;

/** Gives up what only loading needed. Native code that is loaded goes on working. */
export function dropLoadingPermissions(): void {
  for (const name of OF_LOADING) Deno.permissions.revokeSync({ name } as Deno.PermissionDescriptor);
}

/**
 * Gives up reading and writing at each of `paths`, as far as that leaves what is granted at `kept`: giving up a path takes the grants of all
 * folders above it along, so one that is granted by a folder that holds something kept stays.
 */
export function dropPathPermissions(paths: readonly string[], kept: readonly string[]): void {
  const [all, allKept] = [withTargets(paths), withTargets(kept)];
  for (const path of all) {
    const shared = allKept.map((other) => commonFolder(path, other));
    for (const name of OF_PATHS) {
      const isGranted = (folder: string) => Deno.permissions.querySync({ name, path: folder }).state === "granted";
      if (!shared.some(isGranted)) Deno.permissions.revokeSync({ name, path });
    }
  }
}

/** Returns what `path` leads to, through symbolic links as far as it is there. */
export function targetOf(path: string): string {
  const whole = resolve(path);
  try {
    return Deno.realPathSync(whole);
  } catch {
    return dirname(whole) === whole ? whole : join(targetOf(dirname(whole)), basename(whole));
  }
}

const withTargets = (paths: readonly string[]): string[] => paths.flatMap((path) => [resolve(path), targetOf(path)]);

/** Returns the deepest folder that is, or holds, both. */
function commonFolder(one: string, other: string): string {
  for (let folder = one;; folder = dirname(folder)) {
    if (folder === other || other.startsWith(folder.endsWith("/") ? folder : `${folder}/`)) return folder;
    if (dirname(folder) === folder) return folder;
  }
}
