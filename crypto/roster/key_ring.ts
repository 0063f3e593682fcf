/** Public keys of a roster by id, decoded once (§2.3: a signature is checked by the key of the signer the body names). */
import type { ClientId, ReplicaId } from "../../protocol/ids.ts";
import { ConfigError } from "../config_error.ts";
import { unhex } from "../digest.ts";
import type { KeyFile } from "../keys/key_file.ts";
import type { Roster } from "./roster_types.ts";

export interface KeyRing {
  /** Null if no replica has this id. */
  replicaKey(id: ReplicaId): Uint8Array | null;
  /** Null if no client has this id. */
  clientKey(id: ClientId): Uint8Array | null;
  readonly operatorKey: Uint8Array;
}

function keysById(members: readonly { readonly id: string; readonly publicKey: string }[]): Map<string, Uint8Array> {
  return new Map(members.map(({ id, publicKey }) => [id, unhex(publicKey)]));
}

/** Returns the keys of `roster`; replicas and clients are looked up separately, so neither can sign for the other. */
export function createKeyRing(roster: Roster): KeyRing {
  const replicas = keysById(roster.replicas);
  const clients = keysById(roster.clients);
  return {
    replicaKey: (id) => replicas.get(id) ?? null,
    clientKey: (id) => clients.get(id) ?? null,
    operatorKey: unhex(roster.operatorKey),
  };
}

function rosterKey(roster: Roster, { kind, id }: KeyFile): string | undefined {
  if (kind === "operator") return roster.operatorKey;
  const members = kind === "replica" ? roster.replicas : roster.clients;
  return members.find((member) => member.id === id)?.publicKey;
}

/** Throws `ConfigError` unless `key` belongs to `roster`: same cluster, same operator, and listed with this public key. */
export function requireMember(roster: Roster, key: KeyFile): void {
  const owner = `key of ${key.kind} ${key.id}`;
  if (key.cluster !== roster.cluster) {
    throw new ConfigError(`${owner}: given one for cluster ${key.cluster}, wanted one for ${roster.cluster}`);
  }
  if (key.operatorKey !== roster.operatorKey) {
    throw new ConfigError(`${owner}: given one that pins operator ${key.operatorKey}, wanted ${roster.operatorKey}`);
  }
  const listed = rosterKey(roster, key);
  if (listed === undefined) {
    throw new ConfigError(`${owner}: given one that the roster does not list, wanted a ${key.kind} of it`);
  }
  if (listed !== key.publicKey) {
    throw new ConfigError(`${owner}: given public key ${key.publicKey}, wanted ${listed} as in the roster`);
  }
}
