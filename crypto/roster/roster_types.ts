/** The shape of a roster (§2.1). */
import type { ProtocolConstants } from "../../protocol/config.ts";
import type { ClientId, ReplicaId } from "../../protocol/ids.ts";
import type { Grant } from "../../protocol/ports.ts";

/** A replica in the roster. Its position in the list decides its turns (§6.10). */
export interface RosterReplica {
  readonly id: ReplicaId;
  /** Compressed public key of 33 bytes, in lower-case hexadecimal digits: messages are signed with its secret. */
  readonly publicKey: string;
  /** CURVE public key of 32 bytes, in lower-case hexadecimal digits: connections are authenticated with its secret. */
  readonly curveKey: string;
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
  /** Compressed public key of 33 bytes, in lower-case hexadecimal digits: messages are signed with its secret. */
  readonly publicKey: string;
  /** CURVE public key of 32 bytes, in lower-case hexadecimal digits: connections are authenticated with its secret. */
  readonly curveKey: string;
  /** Rights, each prefix and each key once; absent means everything, an empty list nothing. */
  readonly access?: readonly Grant[];
}

/** The signed content of `cluster.json`, checked: only {@linkcode createRoster} and `parseRoster` make one. */
export interface Roster {
  readonly version: 2;
  /** Cluster id. */
  readonly cluster: string;
  /** Place of this roster in the chain of the cluster's rosters, from 1 on. */
  readonly epoch: number;
  /** Digest of the roster of the epoch before, of its body as it is signed; null in epoch 1. */
  readonly previous: string | null;
  /** True if nodes may run without encryption (`--insecure-plaintext`). */
  readonly allowPlaintext: boolean;
  readonly constants: ProtocolConstants;
  readonly replicas: readonly RosterReplica[];
  readonly clients: readonly RosterClient[];
  /** Key of the operator, whose signature the roster carries, or of the first of several. */
  readonly operatorKey: string;
  /** CURVE public key of the operator. */
  readonly operatorCurveKey: string;
  /** Signing keys of more operators; absent means none. */
  readonly operators?: readonly string[];
  /** Operators that have to sign; absent means one. */
  readonly operatorThreshold?: number;
}
