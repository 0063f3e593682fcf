/** Members of a transport as a roster has them. */
import { unhex } from "../../crypto/digest.ts";
import { OPERATOR_ID } from "../../crypto/keys/key_kind.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import type { TransportMembers, TransportReplica } from "../port.ts";

/** Returns all others of the roster for its replica `self`: it connects to the replicas, and lets in them, the clients and the operator. */
export function membersOf(roster: Roster, self: string): TransportMembers {
  const peers = roster.replicas.filter(({ id }) => id !== self).map(keyed);
  return {
    peers,
    admittedPeers: new Map(peers.map(({ id, curveKey }) => [id, curveKey])),
    admittedClients: new Map([
      ...roster.clients.map(({ id, curveKey }): [string, Uint8Array] => [id, unhex(curveKey)]),
      [OPERATOR_ID, unhex(roster.operatorCurveKey)],
    ]),
  };
}

/** Returns the replicas of the roster for a client, or those of these ids alone. */
export function replicasOf(roster: Roster, only?: readonly string[]): TransportReplica[] {
  return roster.replicas.filter(({ id }) => only?.includes(id) ?? true).map(keyed);
}

const keyed = <R extends { readonly curveKey: string }>(replica: R) => ({
  ...replica,
  curveKey: unhex(replica.curveKey),
});
