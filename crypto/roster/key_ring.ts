/** Public keys of a roster by id, decoded once (§2.3: a signature is checked by the key of the signer the body names). */
import type { ClientId, ReplicaId } from "../../protocol/ids.ts";
import { ConfigError } from "../config_error.ts";
import { unhex } from "../digest.ts";
import type { KeyIdentity } from "../keys/key_file.ts";
import { KEY_KINDS, type KeyKind, possessive } from "../keys/key_kind.ts";
import type { Roster, RosterClient } from "./roster_types.ts";

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

type PublicKeys = Pick<RosterClient, "publicKey" | "curveKey">;

function listed(roster: Roster, kind: KeyKind, id: string): PublicKeys | undefined {
  if (kind === "operator") return { publicKey: roster.operatorKey, curveKey: roster.operatorCurveKey };
  const members: readonly (PublicKeys & { readonly id: string })[] = kind === "replica"
    ? roster.replicas
    : roster.clients;
  return members.find((member) => member.id === id);
}

/** Returns whether the roster lists `key` as what it says it is, with both of its public keys. */
export function lists(roster: Roster, key: KeyIdentity): boolean {
  const keys = listed(roster, key.kind, key.id);
  return keys !== undefined && keys.publicKey === key.publicKey && keys.curveKey === key.curvePublicKey;
}

/** Throws for a key whose kind and id the roster does not list together. */
function refuseUnlisted(roster: Roster, { kind, id }: KeyIdentity): never {
  const other = kind === "replica" ? "client" : "replica";
  const owner = `key of ${kind} ${id}: given`;
  throw new ConfigError(
    listed(roster, other, id) === undefined
      ? `${owner} one that the roster does not list, wanted a ${kind} of it`
      : `${owner} ${possessive(kind)} key, wanted ${possessive(other)}, as which the roster lists ${id}`,
  );
}

/**
 * Throws `ConfigError` unless `key` belongs to `roster`: same cluster, same operator, one of the `wanted` kinds, and listed as that with
 * these public keys, both of them.
 */
export function requireMember(roster: Roster, key: KeyIdentity, wanted: readonly KeyKind[] = KEY_KINDS): void {
  const owner = `key of ${key.kind} ${key.id}`;
  if (!wanted.includes(key.kind)) {
    throw new ConfigError(`${owner}: given ${possessive(key.kind)}, wanted ${wanted.map(possessive).join(" or ")}`);
  }
  if (key.cluster !== roster.cluster) {
    throw new ConfigError(`${owner}: given one for cluster ${key.cluster}, wanted one for ${roster.cluster}`);
  }
  if (key.operatorKey !== roster.operatorKey) {
    throw new ConfigError(`${owner}: given one that pins operator ${key.operatorKey}, wanted ${roster.operatorKey}`);
  }
  const { publicKey, curveKey } = listed(roster, key.kind, key.id) ?? refuseUnlisted(roster, key);
  if (publicKey !== key.publicKey) {
    throw new ConfigError(`${owner}: given public key ${key.publicKey}, wanted ${publicKey} as in the roster`);
  }
  if (curveKey !== key.curvePublicKey) {
    throw new ConfigError(`${owner}: given CURVE key ${key.curvePublicKey}, wanted ${curveKey} as in the roster`);
  }
}
