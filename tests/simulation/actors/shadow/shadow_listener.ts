/**
 * The packets colluders received that passed ingress: every signature in them is good, so anything put together from them is good too.
 * Shared by all of them.
 */
import type { PrepareCertificate } from "../../../../protocol/certificate.ts";
import type { ReplicaId } from "../../../../protocol/ids.ts";
import type {
  AppendEntries,
  AppendEntriesResponse,
  Certified,
  PreVote,
  Request,
  Vote,
  VoteDeferred,
  VoteRefusal,
} from "../../../../protocol/message.ts";
import type { Packet, PacketOf } from "../../../../protocol/packet.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import type { InputWithoutTime } from "../../../../replica/core/input.ts";
import type { Colluders } from "../actor.ts";

/** Minimum number of items of one kind that are remembered. */
const MEMORY = 100;
/** Maximum number of points whose acks are remembered. */
const MOST_PILES = 3000;

type Response = Signed<AppendEntriesResponse>;

/** Honest acks of one point in one term. */
interface Pile extends Certified {
  readonly responses: Map<ReplicaId, Response>;
}

export class Listener {
  /** Highest PreVote of each honest replica. */
  readonly preVotes = new Map<ReplicaId, Signed<PreVote>>();
  readonly votes: Signed<Vote>[] = [];
  /** Answers that grant nothing. Ingress lets refusals through only if they concern the core's own candidacy. */
  readonly refusals: Signed<VoteRefusal | VoteDeferred>[] = [];
  /** Headers of any leader, without entries. */
  readonly heartbeats: PacketOf<"AppendEntries">[] = [];
  readonly requests: Signed<Request>[] = [];
  /** Points with so many honest acks that the colluders' own make a certificate, in the order they came up. */
  readonly certifiable: Pile[] = [];
  readonly #piles = new Map<string, Pile>();
  readonly #seen = new WeakSet<object>();
  readonly #colluders: Colluders;
  readonly #enough: number;

  constructor(colluders: Colluders, quorum: number) {
    this.#colluders = colluders;
    this.#enough = quorum - colluders.members.length;
  }

  hear(input: InputWithoutTime): void {
    if (input.kind === "request") this.#once(this.requests, input.request);
    if (input.kind !== "packet" || this.#seen.has(input.packet)) return;
    this.#seen.add(input.packet);
    this.#hearPacket(input.packet);
  }

  /** Returns the certificate of `pile`, for which the colluders sign what is missing. */
  complete({ term, index, hash, responses }: Pile): PrepareCertificate {
    const own = this.#colluders.members.map((replica) =>
      this.#colluders.sign<AppendEntriesResponse>(replica, {
        kind: "AppendEntriesResponse",
        term,
        replica,
        acks: [{ index, hash }],
        prepared: { term, index, hash },
        commitIndex: index,
        commitHash: hash,
        round: [...responses.values()][0]!.message.round,
      })
    );
    const signed = [...responses.values(), ...own].slice(0, this.#enough + own.length);
    return { kind: "prepare", term, index, hash, responses: signed };
  }

  #hearPacket(packet: Packet): void {
    switch (packet.kind) {
      case "PreVote":
        return this.#preVote(packet.signed);
      case "RequestVote":
        return packet.preVotes.forEach((preVote) => this.#preVote(preVote));
      case "Vote":
        return this.#once(this.votes, packet.signed);
      case "VoteRefusal":
      case "VoteDeferred":
        return this.#once(this.refusals, packet.signed);
      case "AppendEntries":
        return this.#append(packet);
      case "AppendEntriesResponse":
        return this.#acks(packet.signed);
      case "ForwardedRequest":
        return this.#once(this.requests, packet.signed);
    }
  }

  #preVote(signed: Signed<PreVote>): void {
    const { replica, term } = signed.message;
    if (!this.#colluders.honest.includes(replica)) return;
    if (term > (this.preVotes.get(replica)?.message.term ?? 0)) this.preVotes.set(replica, signed);
  }

  #append(packet: PacketOf<"AppendEntries">): void {
    const { message } = packet.signed;
    for (const { requests } of packet.entries) requests?.forEach((request) => this.#once(this.requests, request));
    if (isHeartbeat(message)) this.#once(this.heartbeats, { ...packet, proof: null });
  }

  #acks(response: Response): void {
    const { term, replica, acks } = response.message;
    if (this.#seen.has(response) || !this.#colluders.honest.includes(replica)) return;
    this.#seen.add(response);
    if (this.#piles.size > MOST_PILES) this.#piles.clear();
    for (const { index, hash } of acks) {
      const key = `${term} ${index} ${hash}`;
      const pile = this.#piles.get(key) ?? { term, index, hash, responses: new Map<ReplicaId, Response>() };
      this.#piles.set(key, pile);
      if (pile.responses.has(replica)) continue;
      pile.responses.set(replica, response);
      if (pile.responses.size === this.#enough) this.#once(this.certifiable, pile);
    }
  }

  #once<T extends object>(list: T[], item: T): void {
    if (this.#seen.has(item)) return;
    this.#seen.add(item);
    list.push(item);
    if (list.length > 2 * MEMORY) list.splice(0, MEMORY);
  }
}

const isHeartbeat = ({ entryHashes }: AppendEntries): boolean => entryHashes.length === 0;
