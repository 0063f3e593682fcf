/** Rosters and keys in memory, for tests that need no files. */
import { generateKeyPair } from "../../crypto/keys/key_pair.ts";
import { hex } from "../../crypto/digest.ts";
import type { KeyFile, KeyKind } from "../../crypto/keys/key_file.ts";
import { createRoster } from "../../crypto/roster/roster.ts";
import { backend } from "./backends.ts";
import type { ProtocolConstants } from "../../protocol/config.ts";
import { clientId, replicaId } from "../../protocol/ids.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";

export interface RosterOptions {
  readonly replicas?: number;
  readonly clients?: number;
  readonly constants?: Partial<ProtocolConstants>;
}

/** Returns a roster of `r1`…, `c1`… and the operator, and all keys by id. Its addresses are of no use. */
export function makeRoster({ replicas = 4, clients = 2, constants = {} }: RosterOptions = {}): {
  readonly roster: Roster;
  readonly keys: ReadonlyMap<string, KeyFile>;
} {
  const pairs = new Map<string, { readonly kind: KeyKind; readonly secretKey: string; readonly publicKey: string }>();
  const add = (kind: KeyKind, id: string) => {
    const { secretKey, publicKey } = generateKeyPair(backend);
    pairs.set(id, { kind, secretKey: hex(secretKey), publicKey: hex(publicKey) });
    return { id, publicKey: hex(publicKey) };
  };
  const operatorKey = add("operator", "operator").publicKey;
  const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
  const roster = createRoster({
    cluster: "test-cluster",
    constants,
    replicas: names("r", replicas).map((name, i) => {
      const { id, publicKey } = add("replica", name);
      const ports = { peerPort: 7000 + 3 * i, publishPort: 7001 + 3 * i, clientPort: 7002 + 3 * i };
      return { id: replicaId(id), publicKey, host: "127.0.0.1", ...ports };
    }),
    clients: names("c", clients).map((name) => {
      const { id, publicKey } = add("client", name);
      return { id: clientId(id), publicKey };
    }),
    operatorKey,
  }, backend);
  const keys = [...pairs].map(([id, pair]): [string, KeyFile] => [
    id,
    { id, cluster: roster.cluster, operatorKey, ...pair },
  ]);
  return { roster, keys: new Map(keys) };
}
