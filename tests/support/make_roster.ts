/** Rosters and keys in memory, for tests that need no files or put them together by hand. */
import { hex } from "../../crypto/digest.ts";
import { generateCurveKeyPair } from "../../crypto/keys/curve_key.ts";
import type { KeyFile, KeyKind } from "../../crypto/keys/key_file.ts";
import { generateKeyPair } from "../../crypto/keys/key_pair.ts";
import { createRoster } from "../../crypto/roster/roster.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import type { ProtocolConstants } from "../../protocol/config.ts";
import { clientId, replicaId } from "../../protocol/ids.ts";
import { backend } from "./backends.ts";

/** Both key pairs of a member. */
export type MemberKeys = Pick<KeyFile, "secretKey" | "publicKey" | "curveSecretKey" | "curvePublicKey">;

/** Returns new keys as a key file has them. */
export function newMemberKeys(): MemberKeys {
  const [signing, curve] = [generateKeyPair(backend), generateCurveKeyPair()];
  return {
    ...{ secretKey: hex(signing.secretKey), publicKey: hex(signing.publicKey) },
    ...{ curveSecretKey: hex(curve.secretKey), curvePublicKey: hex(curve.publicKey) },
  };
}

/** Returns new public keys as a roster has them. */
export function newPublicKeys(): { readonly publicKey: string; readonly curveKey: string } {
  const { publicKey, curvePublicKey } = newMemberKeys();
  return { publicKey, curveKey: curvePublicKey };
}

export interface RosterOptions {
  readonly replicas?: number;
  readonly clients?: number;
  readonly constants?: Partial<ProtocolConstants>;
}

/** Returns a roster of `r1`…, `c1`… and the operator, and all keys by id. Hosts have the names of the replicas, as in the memory of one process. */
export function makeRoster({ replicas = 4, clients = 2, constants = {} }: RosterOptions = {}): {
  readonly roster: Roster;
  readonly keys: ReadonlyMap<string, KeyFile>;
} {
  const pairs = new Map<string, MemberKeys & { readonly kind: KeyKind }>();
  const add = (kind: KeyKind, id: string) => {
    const keys = newMemberKeys();
    pairs.set(id, { kind, ...keys });
    return { id, publicKey: keys.publicKey, curveKey: keys.curvePublicKey };
  };
  const { publicKey: operatorKey, curveKey: operatorCurveKey } = add("operator", "operator");
  const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
  const roster = createRoster({
    cluster: "test-cluster",
    constants,
    replicas: names("r", replicas).map((name, i) => {
      const { id, ...keys } = add("replica", name);
      const ports = { peerPort: 7000 + 3 * i, publishPort: 7001 + 3 * i, clientPort: 7002 + 3 * i };
      return { id: replicaId(id), ...keys, host: name, ...ports };
    }),
    clients: names("c", clients).map((name) => {
      const { id, ...keys } = add("client", name);
      return { id: clientId(id), ...keys };
    }),
    ...{ operatorKey, operatorCurveKey },
  }, backend);
  const keys = [...pairs].map(([id, pair]): [string, KeyFile] => [
    id,
    { id, cluster: roster.cluster, operatorKey, ...pair },
  ]);
  return { roster, keys: new Map(keys) };
}
