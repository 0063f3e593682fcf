/** The roster and keys of a fake cluster. */
import type { KeyFile, KeyKind } from "../../crypto/keys/key_file.ts";
import { createRoster } from "../../crypto/roster/roster.ts";
import type { RosterReplica } from "../../crypto/roster/roster_types.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import type { ProtocolConstants } from "../../protocol/config.ts";
import { clientId, replicaId } from "../../protocol/ids.ts";
import { newMemberKeys } from "../support/make_roster.ts";

/** Constants of a test cluster unless changed: short, so that interventions come soon. */
const CONSTANTS: Partial<ProtocolConstants> = { electionTimeoutMs: 80, patienceMs: 100, patienceCapMs: 800 };

export interface FakeRosterOptions {
  readonly replicas?: number;
  readonly constants?: Partial<ProtocolConstants>;
  /** Client ports, for real transports. */
  readonly ports?: readonly number[];
}

function newKey(kind: KeyKind, id: string, operatorKey: string | null): KeyFile {
  const keys = newMemberKeys();
  return { kind, id, cluster: "fake", ...keys, operatorKey: operatorKey ?? keys.publicKey };
}

/** Makes the key of a member that is new; its operator is that of `keys`. */
export const newFakeKey = (keys: ReadonlyMap<string, KeyFile>, kind: KeyKind, id: string): KeyFile =>
  newKey(kind, id, keys.get("operator")!.publicKey);

/** Returns the line of a replica that listens nowhere but in memory. */
export const lineOf = ({ id, publicKey, curvePublicKey }: KeyFile, i: number, port?: number): RosterReplica => ({
  ...{ id: replicaId(id), publicKey, curveKey: curvePublicKey, host: port === undefined ? id : "127.0.0.1" },
  ...{ peerPort: 1000 + i, publishPort: 2000 + i, clientPort: port ?? 3000 + i },
});

/** Creates a roster of replicas and two clients, and the keys of all. */
export function newFakeRoster({ replicas = 4, constants = {}, ports }: FakeRosterOptions) {
  const operator = newKey("operator", "operator", null);
  const ids = Array.from({ length: replicas }, (_, i) => `r${i + 1}`);
  const nodes = ids.map((id) => newKey("replica", id, operator.publicKey));
  const clients = ["c1", "c2"].map((id) => newKey("client", id, operator.publicKey));
  const roster = createRoster({
    cluster: "fake",
    constants: { ...CONSTANTS, ...constants },
    replicas: nodes.map((key, i) => lineOf(key, i, ports?.[i])),
    clients: clients.map(({ id, publicKey, curvePublicKey }) => ({
      ...{ id: clientId(id), publicKey, curveKey: curvePublicKey },
    })),
    operatorKey: operator.publicKey,
    operatorCurveKey: operator.curvePublicKey,
  }, nobleBackend);
  return { roster, keys: new Map([operator, ...nodes, ...clients].map((key) => [key.id, key])) };
}
