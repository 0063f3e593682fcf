/** Messages signed with a member's key. */
import { unhex } from "../../../crypto/digest.ts";
import { createSigner } from "../../../crypto/signing/signing.ts";
import type { Message } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { encodeMessage } from "../../../transport/codec/mod.ts";
import type { Scene } from "./scene.ts";

export type Seal = <M extends Message>(message: M) => Signed<M>;

/** Returns a function that signs as `id`. */
export async function sealOf(scene: Scene, id: string): Promise<Seal> {
  const { secretKey } = await scene.key(id);
  const signer = createSigner(scene.backend, unhex(secretKey), scene.roster.cluster);
  return (message) => {
    const body = encodeMessage(message);
    return { message, body, signature: signer.sign(message.kind, body) };
  };
}

/** Returns a function that makes what looks like a signature, of a key of nobody. */
export const unsealed: Seal = (message) => ({
  message,
  body: encodeMessage(message),
  signature: new Uint8Array(64).fill(7),
});
