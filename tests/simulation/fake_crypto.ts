/**
 * Signatures for simulations: unforgeable as far as the simulation goes, because a signer's secret is known only to the
 * node that owns it, and a hundred times quicker than ECDSA.
 */
import { createHash } from "node:crypto";
import type { Message, Signed } from "../../replica/core/message.ts";
import type { SignatureCheck } from "../../replica/signature_check.ts";
import { encodeMessage } from "../../transport/codec/mod.ts";

export interface FakeSigner {
  sign(body: Uint8Array): Uint8Array;
}

const signatureOf = (role: string, id: string, body: Uint8Array): Uint8Array =>
  new Uint8Array(createHash("sha512").update(`secret of ${role} ${id} `).update(body).digest());

/** The signer of one replica or client. */
export const createFakeSigner = (role: "replica" | "client", id: string): FakeSigner => ({
  sign: (body) => signatureOf(role, id, body),
});

/** `message` signed by `signer`. */
export function signMessage<M extends Message>(signer: FakeSigner, message: M): Signed<M> {
  const body = encodeMessage(message);
  return { message, body, signature: signer.sign(body) };
}

/** Checks fake signatures in the place of real ones. Every signer is known; there is no operator. */
export const FAKE_CHECK: SignatureCheck = {
  knows: () => true,
  holds: ({ role, signer, signed }) => {
    const wanted = signatureOf(role, signer, signed.body);
    return wanted.length === signed.signature.length && wanted.every((byte, i) => byte === signed.signature[i]);
  },
  isOperators: () => false,
};
