/** A new cluster on disk: key files and the signed roster. */
import type { ProtocolConstants } from "../../protocol/config.ts";
import { clientId, replicaId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { ConfigError } from "../config_error.ts";
import { hex } from "../digest.ts";
import { type NewFiles, writeNewFile, writeNewFiles } from "../files.ts";
import { generateCurveKeyPair } from "../keys/curve_key.ts";
import { type KeyFile, type KeyKind, OPERATOR_ID, writeKeyFile } from "../keys/key_file.ts";
import { generateKeyPair, type KeyPair } from "../keys/key_pair.ts";
import type { SignatureBackend } from "../signing/backend.ts";
import { nobleBackend } from "../signing/noble_backend.ts";
import { createRoster, signRoster } from "./roster.ts";
import type { Roster, RosterReplica } from "./roster_types.ts";

export const ROSTER_MODE = 0o644;
const PERMISSION_MODE = 0o600;
/**
 * First port of a cluster for which none is given: out of the range of outgoing connections on any system, and nobody's in particular. (7000, the
 * default before, is AirPlay's on macOS.)
 */
export const DEFAULT_BASE_PORT = 17_000;
/** Ports each replica takes: peers, publications, clients. */
export const PORTS_PER_REPLICA = 3;

/** Options of {@linkcode generateCluster}. */
export interface ClusterOptions {
  /** Directory of the files; created if missing. */
  readonly out: string;
  /** 1 to `LIMITS.maxReplicas`; fewer than 4 tolerate no fault. */
  readonly replicas: number;
  /** 0 to `LIMITS.maxClients`. */
  readonly clients: number;
  /**
   * One host for all, where replica i (from 0) has the ports `basePort + 3i` and the next two; or a list with one host for each replica,
   * each using the ports `basePort` to `basePort + 2`.
   */
  readonly host: string | readonly string[];
  readonly basePort: number;
  /** Cluster id; by default `bft-raft-` and 8 random hexadecimal digits. */
  readonly cluster?: string;
  /** Completed by `constantsWith`. */
  readonly constants?: Partial<ProtocolConstants>;
  /** True if nodes may run without encryption; false by default. */
  readonly allowPlaintext?: boolean;
  /** Seals all key files; plain without it. */
  readonly passphrase?: string | null;
  /** By default noble. */
  readonly backend?: SignatureBackend;
}

/** The two key pairs of one member. */
interface Member {
  readonly kind: KeyKind;
  readonly id: string;
  readonly signing: KeyPair;
  readonly curve: KeyPair;
}

/** Public keys as a roster lists them. */
const publicKeys = ({ signing, curve }: Member) => ({
  publicKey: hex(signing.publicKey),
  curveKey: hex(curve.publicKey),
});

function requireCount(name: string, given: number, min: number, max: number): void {
  if (Number.isSafeInteger(given) && given >= min && given <= max) return;
  throw new ConfigError(`${name}: given ${given}, wanted an integer from ${min} to ${max}`);
}

function requireCounts({ replicas, clients, host }: ClusterOptions): void {
  requireCount("replicas", replicas, 1, LIMITS.maxReplicas);
  requireCount("clients", clients, 0, LIMITS.maxClients);
  if (typeof host === "string" || host.length === replicas) return;
  throw new ConfigError(`hosts: given ${host.length}, wanted one for each of the ${replicas} replicas`);
}

const generateMember = (kind: KeyKind, id: string, backend: SignatureBackend): Member => ({
  ...{ kind, id, signing: generateKeyPair(backend), curve: generateCurveKeyPair() },
});

function generateMembers(kind: "replica" | "client", count: number, backend: SignatureBackend): Member[] {
  const letter = kind === "replica" ? "r" : "c";
  return Array.from({ length: count }, (_, i) => generateMember(kind, `${letter}${i + 1}`, backend));
}

function rosterReplica(member: Member, i: number, { host, basePort }: ClusterOptions): RosterReplica {
  const ownHost = typeof host === "string" ? host : host[i]!;
  const port = typeof host === "string" ? basePort + PORTS_PER_REPLICA * i : basePort;
  const ports = { peerPort: port, publishPort: port + 1, clientPort: port + 2 };
  return { id: replicaId(member.id), ...publicKeys(member), host: ownHost, ...ports };
}

const randomClusterId = (): string => `bft-raft-${hex(crypto.getRandomValues(new Uint8Array(4)))}`;

/** Writers of the key files. */
function keyFiles(options: ClusterOptions, roster: Roster, members: readonly Member[]): NewFiles {
  const { out, backend = nobleBackend, passphrase = null } = options;
  return new Map(members.map(({ kind, id, signing, curve }) => {
    const key: KeyFile = {
      ...{ kind, id, cluster: roster.cluster, operatorKey: roster.operatorKey },
      ...{ secretKey: hex(signing.secretKey), publicKey: hex(signing.publicKey) },
      ...{ curveSecretKey: hex(curve.secretKey), curvePublicKey: hex(curve.publicKey) },
    };
    return [`${out}/${id}.key`, (path: string) => writeKeyFile(path, key, backend, passphrase)];
  }));
}

/** Returns the path of the permission to create a replica's data directory once, beside its key file. */
export const permissionOf = (keyFile: string): string => `${keyFile.replace(/\.key$/, "")}.new`;

/** Writes the permission at `path` for replica `id`: its first start removes it. */
export function writePermission(path: string, id: string): Promise<void> {
  const text = `${id} may create its data directory. Its first start removes this file; never make it anew.\n`;
  return writeNewFile(path, text, PERMISSION_MODE);
}

/** Writers of the permissions. */
const permissionFiles = (out: string, replicas: readonly Member[]): NewFiles =>
  new Map(replicas.map(({ id }) => [permissionOf(`${out}/${id}.key`), (path) => writePermission(path, id)]));

/**
 * Generates keys for an operator, replicas `r1`… and clients `c1`…, and writes `operator.key`, `r1.key`…, `c1.key`…, `r1.new`… and `cluster.json`, the
 * roster last, so that a directory with a roster is complete. Throws `ConfigError` on options out of range and on files that already
 * exist, naming them; in either case no file is written.
 */
export async function generateCluster(options: ClusterOptions): Promise<Roster> {
  requireCounts(options);
  const backend = options.backend ?? nobleBackend;
  const operator = generateMember("operator", OPERATOR_ID, backend);
  const replicas = generateMembers("replica", options.replicas, backend);
  const clients = generateMembers("client", options.clients, backend);
  const roster = createRoster({
    cluster: options.cluster ?? randomClusterId(),
    constants: options.constants ?? {},
    replicas: replicas.map((replica, i) => rosterReplica(replica, i, options)),
    clients: clients.map((client) => ({ id: clientId(client.id), ...publicKeys(client) })),
    operatorKey: hex(operator.signing.publicKey),
    operatorCurveKey: hex(operator.curve.publicKey),
    allowPlaintext: options.allowPlaintext ?? false,
  }, backend);
  const signed = signRoster(roster, operator.signing.secretKey, backend);
  const files: NewFiles = new Map([
    ...keyFiles(options, roster, [operator, ...replicas, ...clients]),
    ...permissionFiles(options.out, replicas),
    [`${options.out}/cluster.json`, (path) => writeNewFile(path, signed, ROSTER_MODE)],
  ]);

  await writeNewFiles(options.out, files);
  return roster;
}
