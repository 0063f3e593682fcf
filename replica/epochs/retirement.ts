/**
 * The last service of a replica that the next roster does not list any more, or with another key: it signs nothing in that epoch but answers to FetchChunks, and goes on until
 * enough members have the state (§13.10).
 */
import type { EpochEnd } from "../../protocol/epochs/epoch_end.ts";
import type { ReplicaId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { FetchChunks, FetchChunksResponse } from "../../protocol/message.ts";
import type { Packet, PacketOf } from "../../protocol/packet.ts";
import type { ChunkReader } from "../../protocol/ports.ts";
import type { Signed } from "../../protocol/signed.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { TokenBuckets } from "../limits/token_bucket.ts";
import type { EpochTalk } from "./epoch_talk.ts";

export interface RetirementParts {
  readonly self: ReplicaId;
  /** Size of the next epoch's quorums. */
  readonly quorum: number;
  /** The end of the epoch before. */
  readonly end: EpochEnd;
  /** The talk with others, as one who is in the next epoch. */
  readonly talk: EpochTalk;
  readonly chunks: Pick<ChunkReader, "read">;
  /** Returns whether the packet's own signature is of a member of the next epoch. */
  readonly check: (packet: Packet) => boolean;
  /** Signs for the next epoch with the key of the one before. */
  readonly seal: (message: FetchChunksResponse) => Signed<FetchChunksResponse>;
  readonly send: (peer: string, packet: Packet) => void;
}

/** Interval at which newcomers that say nothing are looked after, in milliseconds. Members publish their latest response again and again, also at rest. */
export const LOOK_MS = 500;

export class Retirement {
  readonly #parts: RetirementParts;
  readonly #served = new TokenBuckets(INGRESS_LIMITS.chunksPerSecond, INGRESS_LIMITS.chunkBurst);
  readonly #said = new TokenBuckets(INGRESS_LIMITS.endsPerSecond, INGRESS_LIMITS.endBurst);
  /** Members that have said, under their signature, that the genesis is committed there. */
  readonly #begun = new Set<ReplicaId>();

  constructor(parts: RetirementParts) {
    this.#parts = parts;
  }

  /** Members that have begun. */
  get begun(): readonly ReplicaId[] {
    return [...this.#begun];
  }

  /** True once nobody needs this replica any more. */
  get isOver(): boolean {
    return this.#begun.size >= this.#parts.quorum;
  }

  /** Shows newcomers how their epoch began. */
  look(now: number): void {
    this.#parts.talk.look(now);
  }

  /** Takes what `peer` sent, in the epoch that it names if it names one. */
  take(peer: string, named: number | null, read: () => Packet, now: number): void {
    const { talk } = this.#parts;
    if (named !== null && named !== talk.epoch) return talk.heard(peer, named, now);
    const packet = read();
    if (packet.kind === "FetchEpoch") return talk.show(peer, packet.epoch, now);
    talk.joined(peer);
    if (packet.kind === "AppendEntriesResponse") this.#note(packet, peer, now);
    else if (packet.kind === "FetchChunks") this.#serve(peer, packet, now);
  }

  /** Each member says it of itself, and has few of its words checked: else a liar could have signatures checked without end. */
  #note(packet: PacketOf<"AppendEntriesResponse">, peer: string, now: number): void {
    const { replica, commitIndex } = packet.signed.message;
    const { end, check } = this.#parts;
    if (replica !== peer || commitIndex < end.entry.index || this.#begun.has(replica)) return;
    if (this.#said.spend(peer, now) && check(packet)) this.#begun.add(replica);
  }

  #serve(peer: string, packet: PacketOf<"FetchChunks">, now: number): void {
    const { check, send, seal, self } = this.#parts;
    if (!this.#served.spend(peer, now) || !check(packet)) return;
    const { message } = packet.signed;
    const signed = seal({ kind: "FetchChunksResponse", replica: self, nonce: message.nonce });
    send(peer, { kind: "FetchChunksResponse", signed, chunks: this.#chunksOf(message) });
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
