/**
 * Unforgeable signatures for simulations that cost nothing: a signature is good because its signer issued that very array for these bytes,
 * whatever it contains.
 */
import { type EpochName, signingDomain } from "../../../crypto/signing/signing.ts";
import { equalBytes } from "../../../protocol/bytes/equal_bytes.ts";
import type { Message } from "../../../protocol/message.ts";
import type { SignatureClaim } from "../../../protocol/signatures.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { SignatureCheck } from "../../../replica/ingress/signature_check.ts";
import { encodeMessage } from "../../../transport/codec/mod.ts";
import { keyIn, type PlainRoster } from "../../support/rosters/plain_rosters.ts";

export interface FakeSigner {
  /** Signs `body`; if the `message` it encodes is passed too, a check need not encode it again. */
  sign(body: Uint8Array, message?: Message): Uint8Array;
}

/** The key that signs, and the epoch that it signs in. */
export interface SignedAt {
  readonly place: EpochName;
  readonly key: number;
}

/** Members of an epoch, and their keys. */
export type SignerLists = Pick<PlainRoster, "replicas" | "clients" | "keys">;

/** Returns whether the roster lists the claimed signer. */
export const isListed = ({ replicas, clients }: SignerLists, { role, signer }: SignatureClaim): boolean =>
  (role === "replica" ? replicas : clients).includes(signer);

interface Issued {
  readonly signer: string;
  readonly body: Uint8Array;
  readonly message: Message | null;
}

const issued = new WeakMap<Uint8Array, Issued>();
/** Messages found good before, and their signers: messages are immutable and shared by all their receivers. */
const held = new WeakMap<Signed<Message>, string>();

/** Mixes bytes (FNV-1a over a part) so that signatures of different bodies differ, since entries contain and hash them. */
function mixBytes(start: number, bytes: Uint8Array): number {
  let mixed = 0x811c9dc5 ^ start;
  for (let i = Math.max(0, bytes.length - 64); i < bytes.length; i++) mixed = Math.imul(mixed ^ bytes[i]!, 0x01000193);
  return mixed >>> 0;
}

/** Creates the signer of one replica or client; `at` says which key it has and in which epoch it signs, if not the first. */
export function createFakeSigner(role: "replica" | "client", id: string, at: SignedAt | null = null): FakeSigner {
  const signer = nameOf(role, id, at);
  return {
    sign(body, message) {
      const signature = new Uint8Array(64);
      new DataView(signature.buffer).setUint32(0, mixBytes(signer.length, body));
      issued.set(signature, { signer, body, message: message ?? null });
      return signature;
    },
  };
}

/** Returns a name for a key and what it signs for: replicas sign for an epoch, clients for the whole cluster (§13.6). */
function nameOf(role: "replica" | "client", id: string, at: SignedAt | null): string {
  if (role === "client" || at === null) return `${role} ${id}`;
  const { cluster, epoch, digest } = at.place;
  const domain = signingDomain(cluster, epoch, digest);
  return `${role} ${id}${at.key === 0 ? "" : `#${at.key}`}${domain === cluster ? "" : ` in ${domain}`}`;
}

/** Returns `message` signed by `signer`. */
export function signMessage<M extends Message>(signer: FakeSigner, message: M): Signed<M> {
  const body = encodeMessage(message);
  return { message, body, signature: signer.sign(body, message) };
}

/** Returns whether the decoded view is that of the signed bytes: nothing else can arrive from a network. */
function isWhatWasSigned(found: Issued, { message, body }: Signed<Message>): boolean {
  if (found.message === message && found.body === body) return true;
  return equalBytes(found.body, body) && equalBytes(encodeMessage(message), body);
}

/** Checks fake signatures in place of real ones. Every signer is known; there is no operator. */
export const FAKE_CHECK: SignatureCheck = {
  knows: () => true,
  holds: ({ role, signer, kind, signed }) => isIssued(`${role} ${signer}`, kind, signed),
  isOperators: () => false,
};

/** Returns a check by the keys of a roster, of what was signed for the epoch of `place`. */
export const createFakeCheck = (place: EpochName, roster: SignerLists): SignatureCheck => ({
  knows: (claim) => isListed(roster, claim),
  holds(claim) {
    const { role, signer, kind, signed } = claim;
    return isListed(roster, claim) &&
      isIssued(nameOf(role, signer, { place, key: keyIn(roster, signer) }), kind, signed);
  },
  isOperators: () => false,
});

/** Returns whether the signer that the name is of has issued this very signature. */
function isIssued(wanted: string, kind: Message["kind"], signed: Signed<Message>): boolean {
  if (signed.message.kind !== kind) return false; // each kind has a domain tag of its own (§2.2)
  if (held.get(signed) === wanted) return true;
  const found = issued.get(signed.signature);
  const holds = found !== undefined && found.signer === wanted && isWhatWasSigned(found, signed);
  if (holds) held.set(signed, wanted);
  return holds;
}
