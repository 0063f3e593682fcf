/** The signed roster and the keys of a fake cluster. */
import { hex } from "../../crypto/digest.ts";
import type { KeyFile, KeyKind } from "../../crypto/keys/key_file.ts";
import { generateKeyPair } from "../../crypto/keys/key_pair.ts";
import { createRoster } from "../../crypto/roster/roster.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import type { ProtocolConstants } from "../../protocol/config.ts";
import { clientId, replicaId } from "../../protocol/ids.ts";

/** What the constants of a test cluster are unless changed: short, so that interventions come soon. */
const CONSTANTS: Partial<ProtocolConstants> = { electionTimeoutMs: 80, patienceMs: 100, patienceCapMs: 800 };

export interface FakeRosterOptions {
  readonly replicas?: number;
  readonly constants?: Partial<ProtocolConstants>;
  /** Client ports, where transports are real ones. */
  readonly ports?: readonly number[];
}

function newKey(kind: KeyKind, id: string, operatorKey: string | null): KeyFile {
  const { secretKey, publicKey } = generateKeyPair(nobleBackend);
  const own = hex(publicKey);
  return { kind, id, cluster: "fake", secretKey: hex(secretKey), publicKey: own, operatorKey: operatorKey ?? own };
}

/** A roster of replicas r1… and clients c1 and c2, and everyone's key by id. */
export function newRoster({ replicas = 4, constants = {}, ports }: FakeRosterOptions) {
  const operator = newKey("operator", "operator", null);
  const ids = Array.from({ length: replicas }, (_, i) => `r${i + 1}`);
  const nodes = ids.map((id) => newKey("replica", id, operator.publicKey));
  const clients = ["c1", "c2"].map((id) => newKey("client", id, operator.publicKey));
  const roster = createRoster({
    cluster: "fake",
    constants: { ...CONSTANTS, ...constants },
    replicas: nodes.map(({ id, publicKey }, i) => ({
      ...{ id: replicaId(id), publicKey, host: "127.0.0.1" },
      ...{ peerPort: 1000 + i, publishPort: 2000 + i, clientPort: ports?.[i] ?? 3000 + i },
    })),
    clients: clients.map(({ id, publicKey }) => ({ id: clientId(id), publicKey })),
    operatorKey: operator.publicKey,
  }, nobleBackend);
  return { roster, keys: new Map([operator, ...nodes, ...clients].map((key) => [key.id, key])) };
}
