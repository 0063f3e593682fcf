/** The shape of a roster (§2.1). */
import type { ClientId, ReplicaId } from "../../protocol/ids.ts";
import type { ProtocolConstants } from "../../protocol/config.ts";

/** A replica in the roster. Its position in the list decides its turns (§6.10). */
export interface RosterReplica {
  readonly id: ReplicaId;
  /** Compressed public key of 33 bytes, in lower-case hexadecimal digits. */
  readonly publicKey: string;
  /** Host name or address that others can connect to (`protocol/host.ts`), without brackets, at most 253 characters. */
  readonly host: string;
  /** Port of the ROUTER socket for peers. */
  readonly peerPort: number;
  /** Port of the PUB socket for peers. */
  readonly publishPort: number;
  /** Port of the ROUTER socket for clients. */
  readonly clientPort: number;
}

/** A client in the roster. */
export interface RosterClient {
  readonly id: ClientId;
  /** Compressed public key of 33 bytes, in lower-case hexadecimal digits. */
  readonly publicKey: string;
}

/** The signed content of `cluster.json`, checked: only {@linkcode createRoster} and `parseRoster` make one. */
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
