/** The shape of a roster (§2.1). */
import type { ClientId, ReplicaId } from "../../protocol/ids.ts";
import type { ProtocolConstants } from "../../protocol/config.ts";

/** A replica's line. Its position in the list decides its turns (§6.10). */
export interface RosterReplica {
  readonly id: ReplicaId;
  /** Compressed, lower-case hexadecimal digits. */
  readonly publicKey: string;
  /** Name or address without brackets, at most 253 characters. */
  readonly host: string;
  /** ROUTER for peers. */
  readonly peerPort: number;
  /** PUB for peers. */
  readonly publishPort: number;
  /** ROUTER for clients. */
  readonly clientPort: number;
}

export interface RosterClient {
  readonly id: ClientId;
  /** Compressed, lower-case hexadecimal digits. */
  readonly publicKey: string;
}

/** The signed content of `cluster.json`, checked: nothing but {@linkcode createRoster} and `parseRoster` makes one. */
export interface Roster {
  readonly version: 1;
  /** Cluster id. */
  readonly cluster: string;
  readonly constants: ProtocolConstants;
  readonly replicas: readonly RosterReplica[];
  readonly clients: readonly RosterClient[];
  /** Key of the operator, whose signature the roster carries. */
  readonly operatorKey: string;
}
