/** Packets of a client made by hand. */
import { sha256Hex } from "../../../crypto/digest.ts";
import { ALL_SESSIONS, clientId, digest, logIndex, replicaId, seq } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { SendRequest } from "../../../protocol/message.ts";
import type { ClientPacket } from "../../../protocol/packet.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { encodeKvCommand, encodeKvWatch } from "../../../state_machine/mod.ts";
import { ATTACKER } from "../support/scene.ts";
import type { Seal } from "../support/signing.ts";

const CLIENT = clientId(ATTACKER);
const UTF8 = new TextEncoder();
const random = (size: number): Uint8Array => crypto.getRandomValues(new Uint8Array(size));
const nonce = (): number => Math.floor(Math.random() * LIMITS.maxInteger);

/** Returns a request of a session that was never opened, another one for each `count`. */
export function strayRequest(seal: Seal, count: number): Signed<SendRequest> {
  const command = encodeKvCommand({ op: "put", key: "attacker", value: UTF8.encode(String(count)) });
  const ids = { client: CLIENT, session: logIndex(1), seq: seq(count), floor: seq(count) };
  return seal<SendRequest>({ kind: "SendRequest", ...ids, mode: "command", command });
}

/** Returns a request to open a session. */
export const registration = (seal: Seal) =>
  seal({ kind: "RegisterSession", client: CLIENT, base: logIndex(1), nonce: random(LIMITS.nonceBytes) } as const);

/** Makes one packet of each kind that a client may send, to `replica`; the operator's is forged. */
export const CLIENT_PACKETS: {
  readonly [K in ClientPacket["kind"]]: (seal: Seal, replica: string, count: number) => ClientPacket;
} = {
  SendRequest: (seal, _, count) => ({ kind: "SendRequest", signed: strayRequest(seal, count) }),
  RegisterSession: (seal) => ({ kind: "RegisterSession", signed: registration(seal) }),
  UpdateLeader: (seal, _, count) => ({ kind: "UpdateLeader", signed: strayRequest(seal, count) }),
  ClientHello: (seal, replica) => ({
    kind: "ClientHello",
    signed: seal({
      ...{ kind: "ClientHello", client: CLIENT, replica: replicaId(replica) } as const,
      session: ALL_SESSIONS,
      challenge: random(LIMITS.nonceBytes),
    }),
  }),
  FastReads: (seal) => ({
    kind: "FastReads",
    signed: seal({ kind: "FastReads", client: CLIENT, nonce: nonce(), queries: [UTF8.encode("?")] } as const),
  }),
  GetCommittedCommand: (seal, _, count) => ({
    kind: "GetCommittedCommand",
    signed: seal({ kind: "GetCommittedCommand", client: CLIENT, nonce: nonce(), index: logIndex(count) } as const),
  }),
  GetStatus: (seal) => ({
    kind: "GetStatus",
    signed: seal({ kind: "GetStatus", client: CLIENT, nonce: nonce() } as const),
  }),
  SetActive: (seal, replica, count) => ({
    kind: "SetActive",
    signed: seal({
      ...{ kind: "SetActive", replica: replicaId(replica), active: false } as const,
      ...{ order: count, nonce: nonce() },
    }),
  }),
  GetCheckpoint: (seal) => ({
    kind: "GetCheckpoint",
    signed: seal({ kind: "GetCheckpoint", client: CLIENT, nonce: nonce() } as const),
  }),
  GetChunks: (seal) => ({
    kind: "GetChunks",
    signed: seal({
      ...{ kind: "GetChunks", client: CLIENT, nonce: nonce() } as const,
      digests: Array.from({ length: LIMITS.maxFetchChunks }, () => digest(sha256Hex(random(8)))),
    }),
  }),
  GetEntries: (seal) => ({
    kind: "GetEntries",
    signed: seal({ kind: "GetEntries", client: CLIENT, nonce: nonce(), from: logIndex(1) } as const),
  }),
  GetEpochs: (seal) => ({
    kind: "GetEpochs",
    signed: seal({ kind: "GetEpochs", client: CLIENT, nonce: nonce(), epoch: 1 } as const),
  }),
  GetFeed: (seal) => ({
    kind: "GetFeed",
    signed: seal({
      ...{ kind: "GetFeed", client: CLIENT, nonce: nonce(), after: 0, waitMs: LIMITS.maxFeedWaitMs } as const,
      watch: encodeKvWatch({ prefix: "" }),
    }),
  }),
};

/** The kinds that a client's own key signs. */
export const OWN_KINDS = (Object.keys(CLIENT_PACKETS) as ClientPacket["kind"][]).filter((kind) => kind !== "SetActive");
