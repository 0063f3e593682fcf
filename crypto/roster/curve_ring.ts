/** CURVE keys of a roster: whom to expect at the other end of a connection, and who is there (§2.1). */
import type { ReplicaId } from "../../protocol/ids.ts";
import { hex, unhex } from "../digest.ts";
import { type KeyKind, OPERATOR_ID } from "../keys/key_kind.ts";
import type { Roster } from "./roster_types.ts";

/** The owner of a connection: what a port admits goes by its kind, what it may cost by its id. */
export interface CurveOwner {
  readonly kind: KeyKind;
  /** Id in the roster; `operator` for the operator. */
  readonly id: string;
}

export interface CurveRing {
  /** The CURVE public key that whoever answers at this replica's addresses has to prove; null if no replica has this id. */
  serverKey(id: ReplicaId): Uint8Array | null;
  /** The one member with this CURVE public key; null for a stranger's. */
  ownerOf(curveKey: Uint8Array): CurveOwner | null;
}

/** Returns the CURVE keys of `roster`. No two members have the same one; `parseRoster` sees to that. */
export function createCurveRing(roster: Roster): CurveRing {
  const servers = new Map(roster.replicas.map(({ id, curveKey }) => [id, unhex(curveKey)]));
  const owners = new Map<string, CurveOwner>([
    [roster.operatorCurveKey, { kind: "operator", id: OPERATOR_ID }],
    ...roster.replicas.map(({ id, curveKey }): [string, CurveOwner] => [curveKey, { kind: "replica", id }]),
    ...roster.clients.map(({ id, curveKey }): [string, CurveOwner] => [curveKey, { kind: "client", id }]),
  ]);
  return {
    serverKey: (id) => servers.get(id) ?? null,
    ownerOf: (curveKey) => owners.get(hex(curveKey)) ?? null,
  };
}
