/** Members of the epoch before that the roster in force lists no more, or with another key (§13.10, §13.11). */
import { createKeyRing } from "../../crypto/roster/key_ring.ts";
import { epochNameOf, type SignedRoster } from "../../crypto/roster/parse_roster.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import { createMessageVerifier } from "../../crypto/signing/unsigned.ts";
import type { ReplicaId } from "../../protocol/ids.ts";
import type { PacketOf } from "../../protocol/packet.ts";
import { listSignatures } from "../../protocol/signatures.ts";
import type { Verified } from "../../protocol/signed.ts";
import { screen } from "../core/screen.ts";
import type { CoreState } from "../core/state.ts";
import { type Admission, dropped, faulty } from "./admission.ts";
import { createSignatureCheck, type SignatureCheck } from "./signature_check.ts";

export interface Former {
  /** Ids of clients: they may ask for ends alone. */
  readonly clients: ReadonlySet<string>;
  /** Names of replicas on their connections. */
  readonly replicas: ReadonlySet<string>;
  /** By the keys of the epoch before, of what was signed for the epoch in force. */
  readonly check: Pick<SignatureCheck, "holds">;
}

/** Returns who has left with the end of the epoch of `before`. `names` are those of replicas. */
export function formerOf(
  before: SignedRoster,
  inForce: SignedRoster,
  names: readonly string[],
  backend: SignatureBackend,
): Former {
  const listed = new Map(inForce.roster.clients.map(({ id, publicKey }) => [id, publicKey]));
  const clients = before.roster.clients.filter(({ id, publicKey }) => listed.get(id) !== publicKey);
  const verifier = createMessageVerifier(before.roster.constants, backend, epochNameOf(inForce));
  return {
    clients: new Set(clients.map(({ id }) => id)),
    replicas: new Set(names),
    check: createSignatureCheck(createKeyRing(before.roster), verifier),
  };
}

/** Judges an answer with chunks of a former replica; the core knows that one by the name of its connection, as a member may have its id. */
export function judgeFormerChunks(
  state: CoreState,
  { check }: Former,
  packet: PacketOf<"FetchChunksResponse">,
  name: string,
): Admission {
  const message = { ...packet.signed.message, replica: name as ReplicaId };
  const renamed = { ...packet, signed: { ...packet.signed, message } };
  const { verdict } = screen(state, renamed);
  if (verdict.verdict !== "accept") return dropped("not-asked-for:FetchChunksResponse");
  if (!listSignatures(packet).every((claim) => check.holds(claim))) return faulty("signature:FetchChunksResponse");
  return { admitted: { kind: "packet", packet: renamed as Verified<typeof renamed> } };
}
