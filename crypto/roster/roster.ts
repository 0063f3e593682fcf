/** The roster: the members of a cluster with their addresses, keys and constants, signed by the operator (§2.1). */
import type { ProtocolConstants } from "../../protocol/config.ts";
import type { Digest } from "../../protocol/ids.ts";
import { canonicalJson } from "../canonical_json.ts";
import { ConfigError } from "../config_error.ts";
import { hex, sha256Hex } from "../digest.ts";
import type { SignatureBackend } from "../signing/backend.ts";
import { createSigner } from "../signing/signing.ts";
import { constantsWith } from "./constants.ts";
import { readRosterFields } from "./roster_fields.ts";
import type { Roster, RosterClient, RosterReplica } from "./roster_types.ts";

/** The parts of a new roster. */
export interface RosterParts {
  readonly cluster: string;
  /** Completed by `constantsWith`. */
  readonly constants?: Partial<ProtocolConstants>;
  readonly replicas: readonly RosterReplica[];
  readonly clients: readonly RosterClient[];
  readonly operatorKey: string;
  readonly operatorCurveKey: string;
  readonly operators?: readonly string[];
  readonly operatorThreshold?: number;
  /** 1 by default, which has no roster before it. */
  readonly epoch?: number;
  readonly previous?: string | null;
  /** False by default. */
  readonly allowPlaintext?: boolean;
}

/** Returns a roster checked by the same rules as `parseRoster`. Throws `ConfigError`. */
export function createRoster(parts: RosterParts, backend: SignatureBackend): Roster {
  const constants = constantsWith(parts.constants ?? {});
  const { cluster, epoch = 1, previous = null, allowPlaintext = false } = parts;
  const { replicas, clients, operatorKey, operatorCurveKey, operators, operatorThreshold } = parts;
  const place = { version: 2, cluster, epoch, previous, allowPlaintext };
  const several = {
    ...(operators === undefined ? {} : { operators }),
    ...(operatorThreshold === undefined ? {} : { operatorThreshold }),
  };
  const value = { ...place, constants, replicas, clients, operatorKey, operatorCurveKey, ...several };
  return readRosterFields({ path: "$.roster", value }, backend);
}

/**
 * Returns the bytes the operator signs: canonical JSON, so that the layout of the file does not matter. To verify, pass the value as it
 * was received, not what was read from it, which may have fields that were added later (§2.2).
 */
export function rosterBody(received: unknown, known: WeakMap<object, string> | null = null): Uint8Array {
  return new TextEncoder().encode(canonicalJson(received, known));
}

/** Returns the digest by which the next roster names this one, of its body as it was received. */
export const rosterDigest = (received: unknown): Digest => sha256Hex(rosterBody(received));

/** Signatures over a roster by the signer's key, both in hexadecimal digits. */
export type Signatures = ReadonlyMap<string, string>;

/** Returns the text of a roster file: `signature` is that of the roster's `operatorKey`, `signatures` are those of others, by ascending keys. */
export function rosterText(raw: unknown, operatorKey: string, signatures: Signatures): string {
  const signature = signatures.get(operatorKey);
  const others = [...signatures].filter(([key]) => key !== operatorKey).sort(([a], [b]) => (a < b ? -1 : 1));
  const file = {
    roster: raw,
    ...(signature === undefined ? {} : { signature }),
    ...(others.length === 0 ? {} : { signatures: others.map(([key, text]) => ({ key, signature: text })) }),
  };
  return JSON.stringify(file, null, 2) + "\n";
}

/** Returns the signature of a secret key over a roster as it was received, and the key it is of. */
export function signatureOver(
  raw: unknown,
  cluster: string,
  secretKey: Uint8Array,
  backend: SignatureBackend,
): { readonly key: string; readonly signature: string } {
  const signer = createSigner(backend, secretKey, cluster);
  return { key: hex(signer.publicKey), signature: hex(signer.sign("Roster", rosterBody(raw))) };
}

/** Returns the text of `cluster.json`. Throws `ConfigError` if `operatorSecretKey` does not belong to the roster's `operatorKey`. */
export function signRoster(roster: Roster, operatorSecretKey: Uint8Array, backend: SignatureBackend): string {
  const { key, signature } = signatureOver(roster, roster.cluster, operatorSecretKey, backend);
  if (key !== roster.operatorKey) {
    throw new ConfigError(`operator key: given the secret of ${key}, wanted that of ${roster.operatorKey}`);
  }
  return rosterText(roster, key, new Map([[key, signature]]));
}

/** Returns how many members a roster has, in words: "4 replicas, 1 client". */
export function membersText({ replicas, clients }: Pick<Roster, "replicas" | "clients">): string {
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
  return `${count(replicas.length, "replica")}, ${count(clients.length, "client")}`;
}
