/** Signing and checking in a run: unforgeable fakes, or real ECDSA over the real wire format. */
import { sha256 } from "../../../crypto/digest.ts";
import type { SignatureBackend } from "../../../crypto/signing/backend.ts";
import { createSigner, createVerifier, type EpochName } from "../../../crypto/signing/signing.ts";
import { isUnsigned, UNSIGNED } from "../../../crypto/signing/unsigned.ts";
import { createVerifiedCache } from "../../../crypto/signing/verified_cache.ts";
import type { Message, Request } from "../../../protocol/message.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { SignatureClaim } from "../../../protocol/signatures.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { SignatureCheck } from "../../../replica/ingress/signature_check.ts";
import {
  decodeClientPacket,
  decodePeerPacket,
  encodeMessage,
  encodePacket,
  epochOf,
} from "../../../transport/codec/mod.ts";
import { keyIn } from "../../support/rosters/plain_rosters.ts";
import {
  createFakeCheck,
  createFakeSigner,
  FAKE_CHECK,
  isListed,
  type SignedAt,
  type SignerLists,
} from "./fake_crypto.ts";

export type Role = "replica" | "client";

export interface SimCrypto {
  /** Signs; in a later epoch than the first, or with a later key, as `at` says. */
  sign(role: Role, id: string, message: Message, body: Uint8Array, at?: SignedAt | null): Uint8Array;
  readonly check: SignatureCheck;
  /** Returns a check by the keys of a roster, of what was signed for the epoch of `place`. */
  checkIn(place: EpochName, roster: SignerLists): SignatureCheck;
  /** Returns what arrives when `packet` is sent in an epoch. */
  transmit(packet: Packet, epoch: number): Packet;
  /** Returns what arrives when a client sends `request`. */
  transmitRequest(request: Signed<Request>): Signed<Request>;
}

/** Returns a whole signed message of `id`. */
export function signAs<M extends Message>(
  crypto: SimCrypto,
  role: Role,
  id: string,
  message: M,
  at: SignedAt | null = null,
): Signed<M> {
  const body = encodeMessage(message);
  return { message, body, signature: crypto.sign(role, id, message, body, at) };
}

export function createFakeCrypto(): SimCrypto {
  const signers = new Map<string, ReturnType<typeof createFakeSigner>>();
  return {
    sign(role, id, message, body, at = null) {
      const name = at === null ? `${role} ${id}` : `${role} ${id} ${at.key} ${at.place.epoch} ${at.place.digest}`;
      const signer = signers.get(name) ?? createFakeSigner(role, id, at);
      signers.set(name, signer);
      return signer.sign(body, message);
    },
    check: FAKE_CHECK,
    checkIn: createFakeCheck,
    ...FAKE_WIRE,
  };
}

/** Creates what a cluster has where nothing is signed (§1.4), over the real wire format or without. */
export const createUnsignedCrypto = (wire: "real" | "fake"): SimCrypto => ({
  sign: () => UNSIGNED,
  check: { knows: () => true, holds: ({ signed: { signature } }) => isUnsigned(signature), isOperators: () => false },
  checkIn: (_, roster) => ({
    knows: (claim) => isListed(roster, claim),
    holds: (claim) => isListed(roster, claim) && isUnsigned(claim.signed.signature),
    isOperators: () => false,
  }),
  ...(wire === "real" ? REAL_WIRE : FAKE_WIRE),
});

type Wire = Pick<SimCrypto, "transmit" | "transmitRequest">;

const FAKE_WIRE: Wire = { transmit: (packet) => packet, transmitRequest: (request) => request };

const REAL_WIRE: Wire = {
  transmit(packet, epoch) {
    const frames = encodePacket(packet, epoch);
    const named = epochOf(frames);
    if (named !== null && named !== epoch) throw new Error(`a packet of epoch ${epoch} names ${named}`);
    return decodePeerPacket(frames);
  },
  transmitRequest(signed) {
    const packet = decodeClientPacket(encodePacket({ kind: "UpdateLeader", signed }));
    if (packet.kind !== "UpdateLeader") throw new Error(`an UpdateLeader arrived as ${packet.kind}`);
    return packet.signed;
  },
};

/** Creates real signatures with keys derived from the names: not secret, and the same in every run. */
export function createRealCrypto(backend: SignatureBackend, clusterId: string): SimCrypto {
  const secretOf = (role: Role, id: string, key = 0) =>
    sha256(new TextEncoder().encode(`key of ${role} ${id}${key === 0 ? "" : `#${key}`}`));
  const publicKeys = new Map<string, Uint8Array>();
  const publicKeyOf = (role: Role, id: string, key = 0): Uint8Array => {
    const name = `${role} ${id} ${key}`;
    const known = publicKeys.get(name) ?? backend.publicKey(secretOf(role, id, key));
    publicKeys.set(name, known);
    return known;
  };
  const checkBy = (place: string | EpochName, keyOf: (claim: SignatureClaim) => Uint8Array | null): SignatureCheck => {
    const verifier = createVerifier(backend, place, createVerifiedCache());
    return {
      knows: (claim) => keyOf(claim) !== null,
      holds(claim) {
        const { kind, signed: { body, signature } } = claim;
        const key = keyOf(claim);
        return key !== null && verifier.verify(kind, body, signature, key);
      },
      isOperators: () => false,
    };
  };
  return {
    sign: (role, id, message, body, at = null) =>
      createSigner(backend, secretOf(role, id, at?.key), at?.place ?? clusterId).sign(message.kind, body),
    check: checkBy(clusterId, ({ role, signer }) => publicKeyOf(role, signer)),
    checkIn: (place, roster) =>
      checkBy(place, (claim) => {
        const { role, signer } = claim;
        return isListed(roster, claim)
          ? publicKeyOf(role, signer, role === "client" ? 0 : keyIn(roster, signer))
          : null;
      }),
    ...REAL_WIRE,
  };
}
