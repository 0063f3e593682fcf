/** A replica that leaves, on its transport: it serves until enough members of the next epoch have the state (§13.10). */
import { createKeyRing } from "../../crypto/roster/key_ring.ts";
import { epochNameOf, type SignedRoster } from "../../crypto/roster/parse_roster.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import { createMessageSigner, createMessageVerifier } from "../../crypto/signing/unsigned.ts";
import type { EpochEnd } from "../../protocol/epochs/epoch_end.ts";
import type { ReplicaId } from "../../protocol/ids.ts";
import type { FetchChunksResponse } from "../../protocol/message.ts";
import type { Packet } from "../../protocol/packet.ts";
import type { ChunkReader } from "../../protocol/ports.ts";
import { quorumOf } from "../../protocol/quorum.ts";
import { listSignatures } from "../../protocol/signatures.ts";
import type { Signed } from "../../protocol/signed.ts";
import { DecodeError, decodePeerPacket, encodeMessage, encodePacket, epochOf } from "../../transport/codec/mod.ts";
import type { Received, ReplicaTransport } from "../../transport/port.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import type { EpochArchive } from "../storage/port.ts";
import { EpochTalk } from "./epoch_talk.ts";
import { newcomersIn } from "./members.ts";
import { LOOK_MS, Retirement } from "./retirement.ts";

export interface RetireeParts {
  readonly self: ReplicaId;
  readonly secretKey: Uint8Array;
  /** The roster of the epoch that has ended. */
  readonly before: SignedRoster;
  readonly next: SignedRoster;
  readonly end: EpochEnd;
  readonly transport: ReplicaTransport;
  readonly backend: SignatureBackend;
  readonly archive: EpochArchive;
  readonly chunks: Pick<ChunkReader, "read">;
  readonly now: () => number;
  /** Longest time for which it serves, in milliseconds; as long as it takes by default. */
  readonly forMs?: number;
}

export class Retiree {
  readonly #parts: RetireeParts;
  readonly #retirement: Retirement;
  #stopping = false;

  constructor(parts: RetireeParts) {
    this.#parts = parts;
    const { self, next: { roster }, before, archive, transport, end, chunks } = parts;
    const { epoch, replicas, constants } = roster;
    const talk = new EpochTalk({
      ...{ epoch, archive, newcomers: newcomersIn(roster, before.roster, "") },
      send: (peer, packet) => transport.sendToPeer(peer, encodePacket(packet, epoch)),
    });
    this.#retirement = new Retirement({
      ...{ self, end, talk, chunks },
      quorum: quorumOf(replicas.length, constants.profile).quorum,
      check: checkOf(parts),
      seal: sealOf(parts),
      send: (peer, packet) => transport.sendToPeer(peer, encodePacket(packet, epoch)),
    });
  }

  /** Serves until Q members have begun, its time is over or it is stopped; resolves to the members that have. */
  async run(): Promise<readonly ReplicaId[]> {
    const { transport, now, forMs = Infinity } = this.#parts;
    const until = now() + forMs;
    while (!this.#stopping && !this.#retirement.isOver && now() < until) {
      this.#retirement.look(now());
      for (const received of await transport.receive(LOOK_MS, INGRESS_LIMITS.receiveBatch)) this.#take(received, now());
    }
    return this.#retirement.begun;
  }

  stop(): void {
    this.#stopping = true;
    this.#parts.transport.wake();
  }

  #take({ channel, route, owner, frames }: Received, now: number): void {
    const peer = owner ?? (channel === "published" ? route : null);
    if (channel === "client" || peer === null) return;
    try {
      this.#retirement.take(peer, epochOf(frames), () => decodePeerPacket(frames), now);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  }
}

function checkOf({ next, backend }: RetireeParts): (packet: Packet) => boolean {
  const keys = createKeyRing(next.roster);
  const verifier = createMessageVerifier(next.roster.constants, backend, epochNameOf(next));
  return (packet) =>
    listSignatures(packet).slice(0, 1).every(({ kind, signer, signed: { body, signature } }) => {
      const key = keys.replicaKey(signer as ReplicaId);
      return key !== null && verifier.verify(kind, body, signature, key);
    });
}

function sealOf(
  { next, backend, secretKey }: RetireeParts,
): (message: FetchChunksResponse) => Signed<FetchChunksResponse> {
  const signer = createMessageSigner(next.roster.constants, backend, secretKey, epochNameOf(next));
  return (message) => {
    const body = encodeMessage(message);
    return { message, body, signature: signer.sign(message.kind, body) };
  };
}
