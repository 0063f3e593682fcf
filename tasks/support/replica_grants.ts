/** The permissions of a replica process, from its arguments and the files these name. */
import { fileURLToPath } from "node:url";
import { ConfigError } from "../../crypto/config_error.ts";
import { targetOf } from "../../crypto/drop_permissions.ts";
import { pathExists } from "../../crypto/files.ts";
import { readKeyIdentity } from "../../crypto/keys/key_file.ts";
import { readRoster } from "../../crypto/roster/parse_roster.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import { packageFolder, SYSTEM_LIBRARY_PATHS } from "../../crypto/signing/library_paths.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { threadSources } from "../../crypto/signing/threads/sources.ts";
import { leftCopy, rosterCopy } from "../../replica/epochs/rosters.ts";
import { parseFlags, type ReplicaFlags } from "../../replica/flags.ts";
import { type Membership, permissionFlags, replicaPermissions } from "../../replica/permissions.ts";
import { threadsFor } from "../../replica/verify_threads.ts";

/**
 * Returns the flags of `deno run` that grant what a replica with `args` needs. Where something is wrong with these it is the replica that says so, with what
 * can be told from the rest.
 */
export async function replicaGrants(args: readonly string[]): Promise<string[]> {
  const flags = await unless(ConfigError, () => parseFlags(args));
  if (flags === null) return [];
  const membership = await unless(ConfigError, () => membershipOf(flags));
  const libzmq = `${fileURLToPath(new URL(".", import.meta.resolve("zeromq")))}/..`;
  const threads = threadsFor(flags, navigator.hardwareConcurrency) > 0 ? threadSources() : [];
  const native = { signatures: packageFolder(), systemLibrary: systemLibrary(), libzmq, threads };
  const { read, write, ...others } = replicaPermissions(flags, membership, native);
  return permissionFlags({ read: withTargets(read), write: withTargets(write), ...others });
}

/** Deno wants a grant for what a symbolic link leads to, too. */
const withTargets = (
  paths: readonly string[],
): string[] => [...new Set(paths.flatMap((path) => [path, targetOf(path)]))];

/** Reads no secret: a sealed key file stays sealed. */
async function membershipOf({ cluster, key, data }: ReplicaFlags): Promise<Membership> {
  const { id, operatorKey } = await readKeyIdentity(key);
  const given = await readRoster(cluster, operatorKey, nobleBackend);
  const copies = await Promise.all([rosterCopy, leftCopy].map((copy) => rosterAt(copy(data), given.cluster)));
  return { self: id, replicas: [given, ...copies].flatMap((roster) => roster?.replicas ?? []) };
}

/** Returns the roster that the replica has copied; null where there is none, or what there is is none of this cluster. */
async function rosterAt(path: string, cluster: string): Promise<Roster | null> {
  if (!pathExists(path)) return null;
  const roster = await unless(ConfigError, () => readRoster(path, null, nobleBackend));
  return roster?.cluster === cluster ? roster : null;
}

/** Returns null if `work` fails with an error of the kind `expected`. */
async function unless<T>(expected: typeof ConfigError, work: () => T | Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof expected) return null;
    throw error;
  }
}

/** Returns the path of the system's libsecp256k1, or null if it has none. */
function systemLibrary(): string | null {
  for (const path of SYSTEM_LIBRARY_PATHS) {
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return null;
}
