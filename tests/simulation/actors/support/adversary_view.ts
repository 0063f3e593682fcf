/** The shared view of a run's colluders: the newest of every signed thing that reached or left one of them. */
import type { Certificate, ElectionProof } from "../../../../protocol/certificate.ts";
import type { Request } from "../../../../protocol/entry.ts";
import type { Digest, LogIndex, ReplicaId, Term } from "../../../../protocol/ids.ts";
import type { AppendEntriesResponse, PreVote, Vote } from "../../../../protocol/message.ts";
import type { Packet, PacketOf } from "../../../../protocol/packet.ts";
import type { Signed } from "../../../../protocol/signed.ts";

/** Number of items of one kind that are remembered. */
const MEMORY = 200;

/** Signed acks of one point in one term, by replica. */
interface AckPile {
  readonly term: Term;
  readonly index: LogIndex;
  readonly hash: Digest;
  readonly responses: Map<ReplicaId, Signed<AppendEntriesResponse>>;
}

export class AdversaryView {
  /** Certificates seen or put together from acks, in the order they came up. */
  readonly certificates: Certificate[] = [];
  /** Newest PreVote of each replica, and everything older that is remembered. */
  readonly preVotes: Signed<PreVote>[] = [];
  readonly votes: Signed<Vote>[] = [];
  readonly proofs: ElectionProof[] = [];
  readonly responses: Signed<AppendEntriesResponse>[] = [];
  readonly appends: PacketOf<"AppendEntries">[] = [];
  /** Requests that clients signed. */
  readonly requests: Signed<Request>[] = [];
  readonly #quorum: number;
  readonly #acks = new Map<string, AckPile>();
  readonly #seen = new WeakSet<object>();

  constructor(quorum: number) {
    this.#quorum = quorum;
  }

  /** Remembers the content of `packet`. */
  hear(packet: Packet): void {
    if (this.#seen.has(packet)) return;
    this.#seen.add(packet);
    switch (packet.kind) {
      case "AppendEntries":
        remember(this.appends, packet);
        if (packet.proof) this.#learnProof(packet.proof);
        return;
      case "AppendEntriesResponse":
        remember(this.responses, packet.signed);
        return this.#learnAcks(packet.signed);
      case "PreVote":
        remember(this.preVotes, packet.signed);
        if (packet.proof) this.#learnProof(packet.proof);
        return;
      case "RequestVote":
        for (const preVote of packet.preVotes) remember(this.preVotes, preVote);
        return this.learnCertificate(packet.certificate);
      case "Vote":
        return remember(this.votes, packet.signed);
      case "VoteRefusal":
        return this.learnCertificate(packet.certificate);
      case "FetchEntriesResponse":
        return packet.certificate ? this.learnCertificate(packet.certificate) : undefined;
      case "ForwardedRequest":
        return remember(this.requests, packet.signed);
    }
  }

  learnRequest(request: Signed<Request>): void {
    if (!this.#seen.has(request)) remember(this.requests, request);
    this.#seen.add(request);
  }

  learnCertificate(certificate: Certificate): void {
    if (certificate.term === 0 || this.#seen.has(certificate)) return;
    this.#seen.add(certificate);
    remember(this.certificates, certificate);
  }

  /** Returns the known acks of `(term, index, hash)`, one per replica. */
  acksOf(term: Term, index: LogIndex, hash: Digest): Signed<AppendEntriesResponse>[] {
    return [...this.#acks.get(`${term} ${index} ${hash}`)?.responses.values() ?? []];
  }

  #learnProof(proof: ElectionProof): void {
    if (this.#seen.has(proof)) return;
    this.#seen.add(proof);
    remember(this.proofs, proof);
    this.learnCertificate(proof.base);
  }

  #learnAcks(signed: Signed<AppendEntriesResponse>): void {
    const { term, acks, replica } = signed.message;
    for (const { index, hash } of acks) {
      const key = `${term} ${index} ${hash}`;
      const pile = this.#acks.get(key) ?? { term, index, hash, responses: new Map() };
      this.#acks.set(key, pile);
      if (pile.responses.has(replica)) continue;
      pile.responses.set(replica, signed);
      if (pile.responses.size !== this.#quorum) continue;
      this.learnCertificate({ kind: "prepare", term, index, hash, responses: [...pile.responses.values()] });
    }
  }
}

function remember<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > 2 * MEMORY) list.splice(0, MEMORY);
}
