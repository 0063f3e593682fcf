/** Signing and checking in a run: unforgeable fakes, or real ECDSA over the real wire format. */
import { sha256 } from "../../../crypto/digest.ts";
import type { SignatureBackend } from "../../../crypto/signing/backend.ts";
import { createSigner, createVerifier } from "../../../crypto/signing/signing.ts";
import { isUnsigned, UNSIGNED } from "../../../crypto/signing/unsigned.ts";
import { createVerifiedCache } from "../../../crypto/signing/verified_cache.ts";
import type { Message, Request } from "../../../protocol/message.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { SignatureCheck } from "../../../replica/ingress/signature_check.ts";
import { decodeClientPacket, decodePeerPacket, encodeMessage, encodePacket } from "../../../transport/codec/mod.ts";
import { createFakeSigner, FAKE_CHECK } from "./fake_crypto.ts";

export type Role = "replica" | "client";

export interface SimCrypto {
  sign(role: Role, id: string, message: Message, body: Uint8Array): Uint8Array;
  readonly check: SignatureCheck;
  /** Returns what arrives when `packet` is sent. */
  transmit(packet: Packet): Packet;
  /** Returns what arrives when a client sends `request`. */
  transmitRequest(request: Signed<Request>): Signed<Request>;
}

/** Returns a whole signed message of `id`. */
export function signAs<M extends Message>(crypto: SimCrypto, role: Role, id: string, message: M): Signed<M> {
  const body = encodeMessage(message);
  return { message, body, signature: crypto.sign(role, id, message, body) };
}

export function createFakeCrypto(): SimCrypto {
  const signers = new Map<string, ReturnType<typeof createFakeSigner>>();
  return {
    sign(role, id, message, body) {
      const name = `${role} ${id}`;
      const signer = signers.get(name) ?? createFakeSigner(role, id);
      signers.set(name, signer);
      return signer.sign(body, message);
    },
    check: FAKE_CHECK,
    ...FAKE_WIRE,
  };
}

/** Creates what a cluster has where nothing is signed (§1.4), over the real wire format or without. */
export const createUnsignedCrypto = (wire: "real" | "fake"): SimCrypto => ({
  sign: () => UNSIGNED,
  check: { knows: () => true, holds: ({ signed: { signature } }) => isUnsigned(signature), isOperators: () => false },
  ...(wire === "real" ? REAL_WIRE : FAKE_WIRE),
});

type Wire = Pick<SimCrypto, "transmit" | "transmitRequest">;

const FAKE_WIRE: Wire = { transmit: (packet) => packet, transmitRequest: (request) => request };

const REAL_WIRE: Wire = {
  transmit: (packet) => decodePeerPacket(encodePacket(packet)),
  transmitRequest(signed) {
    const packet = decodeClientPacket(encodePacket({ kind: "UpdateLeader", signed }));
    if (packet.kind !== "UpdateLeader") throw new Error(`an UpdateLeader arrived as ${packet.kind}`);
    return packet.signed;
  },
};

/** Creates real signatures with keys derived from the names: not secret, and the same in every run. */
export function createRealCrypto(backend: SignatureBackend, clusterId: string): SimCrypto {
  const secretOf = (role: Role, id: string) => sha256(new TextEncoder().encode(`key of ${role} ${id}`));
  const verifier = createVerifier(backend, clusterId, createVerifiedCache());
  const publicKeys = new Map<string, Uint8Array>();
  const publicKeyOf = (role: Role, id: string): Uint8Array => {
    const name = `${role} ${id}`;
    const key = publicKeys.get(name) ?? backend.publicKey(secretOf(role, id));
    publicKeys.set(name, key);
    return key;
  };
  return {
    sign: (role, id, message, body) => createSigner(backend, secretOf(role, id), clusterId).sign(message.kind, body),
    check: {
      knows: () => true,
      holds: ({ role, signer, kind, signed }) =>
        verifier.verify(kind, signed.body, signed.signature, publicKeyOf(role, signer)),
      isOperators: () => false,
    },
    ...REAL_WIRE,
  };
}
