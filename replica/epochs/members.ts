/** Members of an epoch, as the transport knows them (§13.11). */
import { unhex } from "../../crypto/digest.ts";
import { OPERATOR_ID } from "../../crypto/keys/key_kind.ts";
import type { Roster, RosterReplica } from "../../crypto/roster/roster_types.ts";
import type { ReplicaId } from "../../protocol/ids.ts";
import type { TransportMembers, TransportPeer } from "../../transport/port.ts";

/** Returns a name for a member of another epoch; no id has an `@`. */
const nameIn = ({ id }: { readonly id: string }, epoch: number): string => `${id}@${epoch}`;

const peerOf = ({ host, peerPort, publishPort, curveKey }: RosterReplica, id: string): TransportPeer => ({
  ...{ id, host, peerPort, publishPort, curveKey: unhex(curveKey) },
});

/**
 * Returns whom the replica with `curveKey` talks to in the epoch of `roster`: its replicas, and those of the epoch before whose key it does not list, who have to be shown
 * how that ended and may have what others lack. If it was started with a roster of a later epoch, the replicas in that may be all that is left to show it ends.
 */
export function membersOf(
  roster: Roster,
  before: Roster | null,
  curveKey: string,
  given: Roster | null = null,
): TransportMembers {
  const others = [before, given !== null && given.epoch > roster.epoch ? given : null];
  const known = new Set([curveKey, ...roster.replicas.map((replica) => replica.curveKey)]);
  const lines = roster.replicas.map((replica) => [replica, replica.id as string] as const);
  for (const other of others) {
    for (const replica of other?.replicas ?? []) {
      if (!known.has(replica.curveKey)) lines.push([replica, nameIn(replica, other!.epoch)]);
      known.add(replica.curveKey);
    }
  }
  const peers = lines.map(([replica, name]) => peerOf(replica, name)).filter((peer) =>
    peer.curveKey.toHex() !== curveKey
  );
  return {
    peers,
    admittedPeers: new Map(peers.map(({ id, curveKey }) => [id, curveKey])),
    admittedClients: admittedClients(roster, before),
  };
}

/** Returns `roster` as a replica sees it that connects to others at ports `offset` above those it names. */
export const dialledAt = (roster: Roster, offset = 0): Roster => ({
  ...{ ...roster, replicas: roster.replicas.map((line) => atOffset(line, offset)) },
});

/** Returns `peer` with both ports `offset` higher: where something stands before it that passes on, delays or cuts. */
const atOffset = <P extends Pick<TransportPeer, "peerPort" | "publishPort">>(peer: P, offset: number): P => ({
  ...{ ...peer, peerPort: peer.peerPort + offset, publishPort: peer.publishPort + offset },
});

/** Returns `members` to be connected to at ports `offset` above their own. */
export const membersAt = (members: TransportMembers, offset = 0): TransportMembers => ({
  ...{ ...members, peers: members.peers.map((peer) => atOffset(peer, offset)) },
});

/** Returns the replicas of the epoch before whose connections have another key now, or none. */
function formerIn(roster: Roster, before: Roster): readonly RosterReplica[] {
  const listed = new Set(roster.replicas.map(({ curveKey }) => curveKey));
  return before.replicas.filter(({ curveKey }) => !listed.has(curveKey));
}

/** Returns the names by which they are talked to. */
export const formerNames = (roster: Roster, before: Roster): ReplicaId[] =>
  formerIn(roster, before).map((replica) => nameIn(replica, before.epoch) as ReplicaId);

/** Returns the keys of clients. One of the epoch before gets the ends of epochs: else it would never hear that there is a later one. */
function admittedClients(roster: Roster, before: Roster | null): Map<string, Uint8Array> {
  const admitted = new Map<string, string>();
  for (const { id, curveKey } of before?.clients ?? []) admitted.set(curveKey, nameIn({ id }, before!.epoch));
  for (const { id, curveKey } of roster.clients) admitted.set(curveKey, id);
  admitted.set(roster.operatorCurveKey, OPERATOR_ID);
  return new Map([...admitted].map(([curveKey, name]) => [name, unhex(curveKey)]));
}

/** Returns the members of `roster` but `self` whose signing key `before` does not list: nobody of them knows that the epoch has begun. */
export function newcomersIn({ replicas }: Roster, before: Roster | null, self: string): string[] {
  if (before === null) return [];
  const known = new Set(before.replicas.map(({ publicKey }) => publicKey));
  return replicas.filter(({ id, publicKey }) => id !== self && !known.has(publicKey)).map(({ id }) => id);
}
