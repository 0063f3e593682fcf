/** Members of an epoch, as the transport knows them (§13.11). */
import { unhex } from "../../crypto/digest.ts";
import { OPERATOR_ID } from "../../crypto/keys/key_kind.ts";
import type { Roster, RosterReplica } from "../../crypto/roster/roster_types.ts";
import type { TransportMembers, TransportPeer } from "../../transport/port.ts";

/** Returns a name of a replica of an epoch that is over; no id has an `@`. */
const formerName = ({ id }: RosterReplica, epoch: number): string => `${id}@${epoch}`;

const peerOf = ({ host, peerPort, publishPort, curveKey }: RosterReplica, id: string): TransportPeer => ({
  ...{ id, host, peerPort, publishPort, curveKey: unhex(curveKey) },
});

/**
 * Returns whom the replica with `curveKey` talks to in the epoch of `roster`: its replicas, and those of the epoch before whose key it does not list, who have to be shown
 * how that ended and may have what others lack.
 */
export function membersOf(roster: Roster, before: Roster | null, curveKey: string): TransportMembers {
  const listed = new Set(roster.replicas.map((replica) => replica.curveKey));
  const former = before?.replicas.filter((replica) => !listed.has(replica.curveKey)) ?? [];
  const peers = [
    ...roster.replicas.map((replica) => peerOf(replica, replica.id)),
    ...former.map((replica) => peerOf(replica, formerName(replica, before!.epoch))),
  ].filter((peer) => peer.curveKey.toHex() !== curveKey);
  return {
    peers,
    admittedPeers: new Map(peers.map(({ id, curveKey }) => [id, curveKey])),
    admittedClients: new Map([
      ...roster.clients.map(({ id, curveKey }): [string, Uint8Array] => [id, unhex(curveKey)]),
      [OPERATOR_ID, unhex(roster.operatorCurveKey)],
    ]),
  };
}

/** Returns the members of `roster` whose signing key `before` does not list: nobody of them knows that the epoch has begun. */
export function newcomersIn(roster: Roster, before: Roster | null): string[] {
  const known = new Set(before?.replicas.map(({ publicKey }) => publicKey));
  return before === null ? [] : roster.replicas.filter(({ publicKey }) => !known.has(publicKey)).map(({ id }) => id);
}
