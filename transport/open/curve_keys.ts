/** The CURVE keys of one node: its own, and those of whom it may meet. */
import { ConfigError } from "../../crypto/config_error.ts";
import { unhex } from "../../crypto/digest.ts";
import type { KeyFile } from "../../crypto/keys/key_file.ts";
import { OPERATOR_ID } from "../../crypto/keys/key_kind.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";

export interface CurveKeys {
  readonly keys: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  /** Public keys of the replicas by roster id: whom to expect at their addresses, and who may come to peer and publish ports. */
  readonly replicas: ReadonlyMap<string, Uint8Array>;
  /** Public keys of all who may come to a client port, by roster id: clients and the operator. */
  readonly clients: ReadonlyMap<string, Uint8Array>;
}

/** Returns the CURVE keys of the owner of `key`; null for plaintext. Throws `ConfigError` where the roster does not allow that. */
export function curveKeysOf(roster: Roster, key: KeyFile, insecurePlaintext: boolean): CurveKeys | null {
  if (insecurePlaintext) {
    if (roster.constants.profile === "crash") {
      throw new ConfigError(
        "--insecure-plaintext: given, wanted encrypted connections: in the crash profile they alone tell who speaks",
      );
    }
    if (roster.allowPlaintext) return null;
    throw new ConfigError(
      "--insecure-plaintext: given, wanted encrypted connections: the operator's roster has allowPlaintext false",
    );
  }
  const byId = (members: readonly { readonly id: string; readonly curveKey: string }[]) =>
    members.map(({ id, curveKey }): [string, Uint8Array] => [id, unhex(curveKey)]);
  return {
    keys: { publicKey: unhex(key.curvePublicKey), secretKey: unhex(key.curveSecretKey) },
    replicas: new Map(byId(roster.replicas)),
    clients: new Map([...byId(roster.clients), [OPERATOR_ID, unhex(roster.operatorCurveKey)]]),
  };
}
