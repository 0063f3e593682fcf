/** Both key pairs of a member, for tests that put together key files and rosters by hand. */
import { hex } from "../../crypto/digest.ts";
import { generateCurveKeyPair } from "../../crypto/keys/curve_key.ts";
import type { KeyFile } from "../../crypto/keys/key_file.ts";
import { generateKeyPair } from "../../crypto/keys/key_pair.ts";
import { backend } from "./backends.ts";

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
