/** Permissions that a process gives up once it has what it needed them for. Nothing gets them back. */
import { resolve } from "node:path";

/** Wanted for loading native code, or never: foreign functions, the environment, other programs, the system, code from elsewhere. */
const OF_LOADING = ["ffi", "env", "run", "sys", "import"] as const;

/** Gives up what only loading needed. Native code that is loaded goes on working. */
export function dropLoadingPermissions(): void {
  for (const name of OF_LOADING) Deno.permissions.revokeSync({ name } as Deno.PermissionDescriptor);
}

/**
 * Gives up reading and writing at each of `paths`, as far as they were granted one by one: a grant of everything stays whole. What is in the folder
 * `kept` stays too, since giving it up would take the grants of all folders above it along.
 */
export function dropPathPermissions(paths: readonly string[], kept: string): void {
  for (const path of paths) {
    if (`${resolve(path)}/`.startsWith(`${resolve(kept)}/`)) continue;
    Deno.permissions.revokeSync({ name: "read", path });
    Deno.permissions.revokeSync({ name: "write", path });
  }
}
