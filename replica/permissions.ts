/** The permissions of one replica process: what its command line and its roster make it need, and nothing else. */
import { permissionOf } from "../crypto/roster/generate_cluster.ts";
import type { RosterReplica } from "../crypto/roster/roster_types.ts";
import { hostAndPort } from "../protocol/host.ts";
import { noteOf } from "./first_start.ts";
import type { ReplicaFlags } from "./flags.ts";
import { healthPaths } from "./health_file.ts";
import { bindAddresses } from "./replica_config.ts";

/** Lists as `deno run` takes them; `true` stands for everything of a kind. */
export interface Permissions {
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly net: readonly string[];
  readonly ffi: readonly string[] | true;
  readonly env: readonly string[];
}

/** Places of native code: folders of packages, and the file of the system's libsecp256k1, or null if there is none. */
export interface NativeCode {
  readonly signatures: string;
  readonly systemLibrary: string | null;
  readonly libzmq: string;
  /** Folders of the modules that threads load; none where there are no threads. */
  readonly threads: readonly string[];
}

/** The replicas of a roster, and which of them this one is. */
export interface Membership {
  readonly self: string;
  readonly replicas: readonly RosterReplica[];
}

/** Variables that the loaders of native code ask for, of the signatures and of libzmq. */
const LOADER_VARIABLES = [
  ...["ARM_VERSION", "ELECTRON_RUN_AS_NODE", "LIBC", "PREBUILDS_ONLY", "SECP256K1_PREBUILD"],
  ...["npm_config_arch", "npm_config_platform"],
];
const LIBZMQ_VARIABLES = ["DENO_INTERNAL_NODE_TEST_FORCE_SHARED_OPENSSL"];
/** Tells the loader of the signatures which C library there is. */
const ALPINE = "/etc/alpine-release";

/** Returns what a replica needs; without a membership, which a wrong key or roster has not, it gets no network and says itself what is wrong. */
export function replicaPermissions(
  flags: ReplicaFlags,
  membership: Membership | null,
  native: NativeCode,
): Permissions {
  const { record, transport, crypto } = flags;
  const kept = keptPaths(flags);
  const isNative = crypto !== "noble";
  const isLibzmq = transport === "libzmq";
  const packages = [...(isNative ? [native.signatures] : []), ...(isLibzmq ? [native.libzmq] : [])];
  const system = isNative && native.systemLibrary !== null ? [native.systemLibrary] : [];
  return {
    read: [...kept, ...startingPaths(flags), ...packages, ...(packages.length > 0 ? [ALPINE] : []), ...native.threads],
    write: [...kept, ...notePaths(flags), ...(record === null ? [] : [record])],
    net: [...(membership === null || isLibzmq ? [] : addresses(flags, membership)), ...probesOf(flags)],
    // libzmq is called through foreign functions of the C library besides, and once native code runs nothing confines it.
    ffi: isLibzmq ? true : [...packages, ...system],
    env: [...(packages.length > 0 ? LOADER_VARIABLES : []), ...(isLibzmq ? LIBZMQ_VARIABLES : [])],
  };
}

/** Returns the paths that a replica needs as long as it runs. */
export const keptPaths = ({ data, health }: Pick<ReplicaFlags, "data" | "health">): string[] => [
  data,
  ...(health === null ? [] : healthPaths(health)),
];

/** Returns the paths that a replica needs until it takes part and never again. */
export const startingPaths = (flags: Pick<ReplicaFlags, "cluster" | "key" | "passphraseFile">): string[] => [
  ...[flags.cluster, flags.key, ...notePaths(flags)],
  ...(flags.passphraseFile === null ? [] : [flags.passphraseFile]),
];

const notePaths = ({ key }: Pick<ReplicaFlags, "key">): string[] => [permissionOf(key), noteOf(key)];

/** Returns the address of metrics and probes. */
const probesOf = ({ http }: ReplicaFlags): string[] => http === null ? [] : [hostAndPort(http.hostname, http.port)];

/** Returns its own three ports, and two of each peer. A peer's name stands as it is: whoever connects looks it up. */
function addresses({ bind, dialOffset }: ReplicaFlags, { self, replicas }: Membership): string[] {
  const own = replicas.filter(({ id }) => id === self).flatMap((line) => {
    const { host, ...ports } = bindAddresses(line, bind);
    return Object.values(ports).map((port) => hostAndPort(host === "*" ? "0.0.0.0" : host, port));
  });
  const peers = replicas.filter(({ id }) => id !== self).flatMap(({ host, peerPort, publishPort }) =>
    [peerPort, publishPort].map((port) => hostAndPort(host, port + dialOffset))
  );
  return [...own, ...peers];
}

/** Returns the flags of `deno run` that grant `permissions`. */
export function permissionFlags({ ffi, ...lists }: Permissions): string[] {
  const flags = Object.entries(lists).map(([name, values]) => [name, values] as const);
  const granted = [...flags, ["ffi", ffi === true ? [] : ffi] as const].filter(([, values]) => values.length > 0);
  return [
    ...granted.map(([name, values]) => `--allow-${name}=${values.map(grantable).join(",")}`),
    ...(ffi === true ? ["--allow-ffi"] : []),
  ];
}

/** Deno's command line takes a comma for the end of a path: of one with a comma the folder above that is granted. */
function grantable(path: string): string {
  const comma = path.indexOf(",");
  if (comma < 0) return path;
  const end = path.lastIndexOf("/", comma);
  return end < 0 ? "." : path.slice(0, Math.max(1, end));
}
