/** Signs what a client sends: a body is encoded and signed once, and its frames are kept for every repeat. */
import { sha256Hex } from "../../crypto/digest.ts";
import type { Signer } from "../../crypto/signing/signing.ts";
import type { Digest } from "../../protocol/ids.ts";
import type { Request } from "../../protocol/message.ts";
import type { ClientPacket } from "../../protocol/packet.ts";
import type { Signed } from "../../protocol/signed.ts";
import { encodeMessage, encodePacket } from "../../transport/codec/mod.ts";

/** Frames of one packet as sent. */
export type Frames = readonly Uint8Array[];

type Query = Exclude<ClientPacket, { readonly kind: Request["kind"] | "UpdateLeader" }>;
/** A message other than a request: what its packet carries, unsigned. */
export type QueryMessage = Query["signed"]["message"];

function signed<M extends Request | QueryMessage>(signer: Signer, message: M): Signed<M> {
  const body = encodeMessage(message);
  return { message, body, signature: signer.sign(message.kind, body) };
}

/** A signed request in both packets that can carry it: one signature, the same bytes (§7.3). */
export interface RequestFrames {
  /** Names the request in answers. */
  readonly digest: Digest;
  readonly plain: Frames;
  readonly intervention: Frames;
}

/** Signs `message`. Throws `RangeError` on one that no replica would accept. */
export function sealRequest(signer: Signer, message: Request): RequestFrames {
  const request = signed(signer, message);
  return {
    digest: sha256Hex(request.body),
    // The packet's kind is its message's, which the type of a packet cannot say for a union of messages.
    plain: encodePacket({ kind: message.kind, signed: request } as ClientPacket),
    intervention: encodePacket({ kind: "UpdateLeader", signed: request }),
  };
}

/** Signs a hello or a query. Throws `RangeError` on one that no replica would accept. */
export function sealQuery(signer: Signer, message: QueryMessage): Frames {
  // The packet's kind is its message's, which the type of a packet cannot express for a union of messages.
  return encodePacket({ kind: message.kind, signed: signed(signer, message) } as Query);
}
