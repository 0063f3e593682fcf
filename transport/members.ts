/** Checks members before any of them is taken on, so that a call that is refused changes nothing. */
import { requirePeerHost, tcpAddress } from "./endpoint.ts";
import type { TransportMembers, TransportPeer, TransportReplica } from "./port.ts";

const CURVE_KEY_BYTES = 32;

type Owned = readonly [name: string, key: Uint8Array];

/** Throws as {@linkcode ReplicaTransport.reconfigure} does. `own` is this replica's public key, null where all is in clear. */
export function requireMembers(members: TransportMembers, own: Uint8Array | null): void {
  const { peers, admittedPeers, admittedClients } = members;
  requireNames(peers);
  for (const { host, peerPort, publishPort } of peers) requireAddress(host, peerPort, publishPort);
  if (own === null) return;
  requireOwners([...admittedPeers, ...peers.map(ownerOf)], own);
  requireOwners([...admittedClients], null);
}

/** Throws as {@linkcode ClientTransport.reconfigure} does. `own` is this client's public key, null where all is in clear. */
export function requireReplicas(replicas: readonly TransportReplica[], own: Uint8Array | null): void {
  requireNames(replicas);
  for (const { host, clientPort } of replicas) requireAddress(host, clientPort);
  if (own !== null) requireOwners(replicas.map(ownerOf), own);
}

const ownerOf = ({ id, curveKey }: { readonly id: string; readonly curveKey: Uint8Array }): Owned => [id, curveKey];

function requireNames(members: readonly { readonly id: string }[]): void {
  const seen = new Set<string>();
  for (const { id } of members) {
    if (seen.has(id)) throw new RangeError(`Member ${JSON.stringify(id)} is given twice, want each name once`);
    seen.add(id);
  }
}

function requireAddress(host: string, ...ports: readonly number[]): void {
  requirePeerHost(host);
  for (const port of ports) tcpAddress(host, port);
}

/** Throws a `RangeError` unless each key has one name and each name one key, and none of them is `own`. */
function requireOwners(owned: readonly Owned[], own: Uint8Array | null): void {
  const [names, keys] = [new Map<string, string>(), new Map<string, string>()];
  for (const [name, bytes] of owned) {
    if (bytes.length !== CURVE_KEY_BYTES) {
      throw new RangeError(
        `The CURVE key of ${JSON.stringify(name)} has ${bytes.length} bytes, want ${CURVE_KEY_BYTES}`,
      );
    }
    const key = bytes.toHex();
    if (key === own?.toHex()) {
      throw new RangeError(`The CURVE key of ${JSON.stringify(name)} is this side's own, want that of another member`);
    }
    const [otherName = name, otherKey = key] = [names.get(key), keys.get(name)];
    if (otherName !== name || otherKey !== key) {
      const seen = otherName === name ? `${otherKey} and ${key} for ${name}` : `${otherName} and ${name} for ${key}`;
      throw new RangeError(
        `Names and CURVE keys do not fit: ${seen}, want one key for each name and one name for each`,
      );
    }
    names.set(key, name);
    keys.set(name, key);
  }
}

/** Returns a member with its key. Throws a `RangeError` if that is not known; without keys, where all is in clear, it has none. */
export function withKey<M extends { readonly id: string }>(
  member: M,
  keys: ReadonlyMap<string, Uint8Array> | undefined,
): M & { readonly curveKey: Uint8Array } {
  const curveKey = keys === undefined ? new Uint8Array(0) : keys.get(member.id);
  if (curveKey === undefined) throw new RangeError(`No CURVE key is known of replica ${JSON.stringify(member.id)}`);
  return { ...member, curveKey };
}

/** Returns the members that a transport begins with: its peers alone may come to the ports for peers. Throws as {@linkcode withKey} does. */
export function firstMembers(
  peers: readonly Omit<TransportPeer, "curveKey">[],
  curve: {
    readonly replicas: ReadonlyMap<string, Uint8Array>;
    readonly clients?: ReadonlyMap<string, Uint8Array>;
  } | null,
): TransportMembers {
  const keyed = peers.map((peer) => withKey(peer, curve?.replicas));
  return {
    peers: keyed,
    admittedPeers: new Map(keyed.map(({ id, curveKey }) => [id, curveKey])),
    admittedClients: curve?.clients ?? new Map(),
  };
}

/** Returns what makes two members one at the other end of a line: address and key, or address and name where all is in clear. */
export function lineIdentity(
  { id, host, curveKey }: { readonly id: string; readonly host: string; readonly curveKey: Uint8Array },
  isInClear: boolean,
  ...ports: readonly number[]
): string {
  return JSON.stringify([host, ...ports, isInClear ? id : curveKey.toHex()]);
}
