/** The roster: the members of a cluster with their addresses, keys and constants, signed by the operator (§2.1). */
import type { ProtocolConstants } from "../../protocol/config.ts";
import type { SignatureBackend } from "../signing/backend.ts";
import { canonicalJson } from "../canonical_json.ts";
import { ConfigError } from "../config_error.ts";
import { constantsWith } from "./constants.ts";
import { hex } from "../digest.ts";
import { readRosterFields } from "./roster_fields.ts";
import { createSigner } from "../signing/signing.ts";
import type { Roster, RosterClient, RosterReplica } from "./roster_types.ts";

/** The parts of a new roster. */
export interface RosterParts {
  readonly cluster: string;
  /** Completed by `constantsWith`. */
  readonly constants?: Partial<ProtocolConstants>;
  readonly replicas: readonly RosterReplica[];
  readonly clients: readonly RosterClient[];
  readonly operatorKey: string;
}

/** Returns a roster checked by the same rules as `parseRoster`. Throws `ConfigError`. */
export function createRoster(parts: RosterParts, backend: SignatureBackend): Roster {
  const constants = constantsWith(parts.constants ?? {});
  const { cluster, replicas, clients, operatorKey } = parts;
  const value = { version: 1, cluster, constants, replicas, clients, operatorKey };
  return readRosterFields({ path: "$.roster", value }, backend);
}

/**
 * Returns the bytes the operator signs: canonical JSON, so that the layout of the file does not matter. To verify, pass the value as it
 * was received, not what was read from it, which may have fields that were added later (§2.2).
 */
export function rosterBody(received: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalJson(received));
}

/** Returns the text of `cluster.json`. Throws `ConfigError` if `operatorSecretKey` does not belong to the roster's `operatorKey`. */
export function signRoster(roster: Roster, operatorSecretKey: Uint8Array, backend: SignatureBackend): string {
  const signer = createSigner(backend, operatorSecretKey, roster.cluster);
  const signerKey = hex(signer.publicKey);
  if (signerKey !== roster.operatorKey) {
    throw new ConfigError(`operator key: given the secret of ${signerKey}, wanted that of ${roster.operatorKey}`);
  }
  const signature = hex(signer.sign("Roster", rosterBody(roster)));
  return JSON.stringify({ roster, signature }, null, 2) + "\n";
}
