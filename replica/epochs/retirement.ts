/**
 * A replica that the next roster does not list any more, or with another key: it signs nothing in that epoch but answers to FetchChunks, and serves until enough members
 * have the state (§13.10).
 */
import { createKeyRing } from "../../crypto/roster/key_ring.ts";
import { epochNameOf, type SignedRoster } from "../../crypto/roster/parse_roster.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import { createMessageSigner, createMessageVerifier } from "../../crypto/signing/unsigned.ts";
import type { EpochEnd } from "../../protocol/epochs/epoch_end.ts";
import type { ReplicaId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { FetchChunks, FetchChunksResponse } from "../../protocol/message.ts";
import type { Packet } from "../../protocol/packet.ts";
import type { ChunkReader } from "../../protocol/ports.ts";
import { quorumOf } from "../../protocol/quorum.ts";
import { listSignatures } from "../../protocol/signatures.ts";
import { DecodeError, decodePeerPacket, encodeMessage, encodePacket, epochOf } from "../../transport/codec/mod.ts";
import type { Received, ReplicaTransport } from "../../transport/port.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { TokenBuckets } from "../limits/token_bucket.ts";
import type { EpochArchive } from "../storage/port.ts";
import { EpochTalk } from "./epoch_talk.ts";
import { newcomersIn } from "./members.ts";

export interface RetirementParts {
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

/** Interval at which members are asked whether they have begun, in milliseconds. */
const ASK_MS = 500;

export class Retirement {
  readonly #parts: RetirementParts;
  readonly #talk: EpochTalk;
  readonly #served = new TokenBuckets(INGRESS_LIMITS.chunksPerSecond, INGRESS_LIMITS.chunkBurst);
  /** Members that have said, under their signature, that the genesis is committed there. */
  readonly #begun = new Set<ReplicaId>();
  readonly #quorum: number;
  readonly #check: (packet: Packet) => boolean;
  readonly #sign: (message: FetchChunksResponse, body: Uint8Array) => Uint8Array;
  #stopping = false;
  #askAt = -Infinity;

  constructor(parts: RetirementParts) {
    this.#parts = parts;
    const { next: { roster }, next, before, archive, transport, backend, secretKey } = parts;
    const { epoch, replicas, constants } = roster;
    this.#quorum = quorumOf(replicas.length, constants.profile).quorum;
    const [keys, place] = [createKeyRing(roster), epochNameOf(next)];
    const verifier = createMessageVerifier(constants, backend, place);
    this.#check = (packet) =>
      listSignatures(packet).slice(0, 1).every(({ kind, signer, signed: { body, signature } }) => {
        const key = keys.replicaKey(signer as ReplicaId);
        return key !== null && verifier.verify(kind, body, signature, key);
      });
    const signer = createMessageSigner(constants, backend, secretKey, place);
    this.#sign = ({ kind }, body) => signer.sign(kind, body);
    this.#talk = new EpochTalk({
      ...{ epoch, archive: () => archive, newcomers: newcomersIn(roster, before.roster, "") },
      send: (peer, packet) => transport.sendToPeer(peer, encodePacket(packet, epoch)),
    });
  }

  /** Serves until Q members have begun, its time is over or it is stopped; resolves to the members that have. */
  async run(): Promise<readonly ReplicaId[]> {
    const { transport, now, forMs = Infinity } = this.#parts;
    const until = now() + forMs;
    while (!this.#stopping && this.#begun.size < this.#quorum && now() < until) {
      this.#ask(now());
      for (const received of await transport.receive(ASK_MS, INGRESS_LIMITS.receiveBatch)) this.#take(received, now());
    }
    return [...this.#begun];
  }

  stop(): void {
    this.#stopping = true;
    this.#parts.transport.wake();
  }

  #ask(now: number): void {
    this.#talk.look(now);
    if (now < this.#askAt) return;
    this.#askAt = now + ASK_MS;
    const { next: { roster: { replicas, epoch } }, transport, self } = this.#parts;
    for (const { id } of replicas) {
      if (id !== self && !this.#begun.has(id)) transport.sendToPeer(id, encodePacket({ kind: "FetchEpoch", epoch }));
    }
  }

  #take({ channel, route, owner, frames }: Received, now: number): void {
    const peer = owner ?? (channel === "published" ? route : null);
    if (channel === "client" || peer === null) return;
    try {
      const { epoch } = this.#parts.next.roster;
      const named = epochOf(frames);
      if (named !== null && named !== epoch) return this.#talk.heard(peer, named, now);
      const packet = decodePeerPacket(frames);
      if (packet.kind === "FetchEpoch") return this.#talk.show(peer, packet.epoch, now);
      this.#talk.joined(peer);
      if (packet.kind === "AppendEntriesResponse") this.#note(packet);
      else if (packet.kind === "FetchChunks") this.#serve(peer, packet, now);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  }

  #note(packet: Extract<Packet, { readonly kind: "AppendEntriesResponse" }>): void {
    const { replica, commitIndex } = packet.signed.message;
    if (commitIndex < this.#parts.end.entry.index || this.#begun.has(replica) || !this.#check(packet)) return;
    this.#begun.add(replica);
  }

  #serve(peer: string, packet: Extract<Packet, { readonly kind: "FetchChunks" }>, now: number): void {
    if (!this.#served.spend(peer, now) || !this.#check(packet)) return;
    const { transport, next: { roster: { epoch } }, self } = this.#parts;
    const { nonce } = packet.signed.message;
    const message: FetchChunksResponse = { kind: "FetchChunksResponse", replica: self, nonce };
    const body = encodeMessage(message);
    const signed = { message, body, signature: this.#sign(message, body) };
    const chunks = this.#chunksOf(packet.signed.message);
    transport.sendToPeer(peer, encodePacket({ kind: message.kind, signed, chunks }, epoch));
  }

  #chunksOf({ digests }: FetchChunks): Uint8Array[] {
    const found: Uint8Array[] = [];
    let bytes = 0;
    for (const digest of digests) {
      const chunk = this.#parts.chunks.read(digest);
      if (chunk === null) continue;
      bytes += chunk.length;
      if (found.length > 0 && bytes > LIMITS.maxFetchChunkBytes) break;
      found.push(chunk);
    }
    return found;
  }
}
