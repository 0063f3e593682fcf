/** The leadership of a faulty replica beside its honest core: it shows each follower whatever it likes, under one election proof. */
import type { ElectionProof } from "../../../../protocol/certificate.ts";
import type { Entry, Head } from "../../../../protocol/entry.ts";
import { type LogIndex, logIndex, type ReplicaId, type Round, round, type Term } from "../../../../protocol/ids.ts";
import { LIMITS } from "../../../../protocol/limits.ts";
import type { AppendEntries, AppendEntriesResponse, Certified } from "../../../../protocol/message.ts";
import { contains, headAt } from "../../../../replica/core/log/log.ts";
import type { Chain } from "./shadow_chains.ts";
import type { SharedCampaign, Situation } from "./shadow_situation.ts";

/** Deviations of one header from the usual. */
export interface Showing {
  /** Index at which the header attaches; by default the highest point that the follower already has. */
  readonly after?: LogIndex;
  readonly upTo?: LogIndex;
  readonly commitIndex?: LogIndex;
}

export class RogueTerm {
  readonly term: Term;
  readonly leader: ReplicaId;
  readonly base: Certified;
  readonly proof: ElectionProof;
  /** Number of beats it has lasted. */
  beats = 0;
  #round: Round = round(0);
  readonly #situation: Situation;

  constructor(situation: Situation, leader: ReplicaId, term: Term, proof: ElectionProof) {
    this.#situation = situation;
    this.term = term;
    this.leader = leader;
    this.proof = proof;
    this.base = proof.base;
  }

  /** Honest replicas that have not left the term yet. */
  get followers(): ReplicaId[] {
    return this.#situation.honest.filter(({ state }) => state.hard.currentTerm <= this.term).map(({ id }) => id);
  }

  /** Starts rounds again, as after a restart. */
  forgetRounds(): void {
    this.#round = round(0);
  }

  /** Shows each of `to` the next part of `chain` that it lacks, from the base on (§5.4); a heartbeat if it lacks nothing. */
  show(to: readonly ReplicaId[], chain: Chain, showing: Showing = {}): void {
    for (const id of to) this.#showOne(id, chain, showing);
  }

  /** Sends heartbeats that attach at a point which each of `to` has. */
  heartbeat(to: readonly ReplicaId[], commitIndex?: LogIndex): void {
    for (const id of to) {
      const state = this.#situation.colluders.peek(id);
      if (!state || state.hard.currentTerm > this.term) continue;
      const head = contains(state.log, this.base) ? this.base : headAt(state.log, state.commitIndex);
      this.#send(id, head, [], [], commitIndex ?? head.index);
    }
  }

  /** Has the colluders ack `chain` from the base up to `index` and, if `prepared`, report it; sent to `to`. */
  vouch(to: readonly ReplicaId[], chain: Chain, prepared: boolean, upTo: LogIndex = chain.tip.index): void {
    if (to.length === 0) return;
    const { colluders } = this.#situation;
    const first = Math.max(Math.min(this.base.index, upTo), upTo - LIMITS.maxAcks + 1);
    const acks = Array.from({ length: upTo - first + 1 }, (_, i) => chain.headAt(logIndex(first + i)));
    const { term, index, hash } = this.base;
    const tip = acks.at(-1)!;
    for (const replica of colluders.members) {
      const signed = colluders.sign<AppendEntriesResponse>(replica, {
        kind: "AppendEntriesResponse",
        term: this.term,
        replica,
        acks,
        prepared: prepared ? { term: this.term, ...tip } : { term, index, hash },
        commitIndex: chain.genesis.index,
        commitHash: chain.genesis.hash,
        round: this.#round,
      });
      colluders.send(replica, to, { kind: "AppendEntriesResponse", signed });
    }
  }

  #showOne(id: ReplicaId, chain: Chain, { after, upTo = chain.tip.index, commitIndex }: Showing): void {
    const state = this.#situation.colluders.peek(id);
    if (!state || state.hard.currentTerm > this.term) return;
    const match = chain.matchOf(state.log);
    const acked = state.hard.currentTerm === this.term ? state.hard.ack?.index ?? 0 : 0;
    const from = after ?? logIndex(Math.min(match, Math.max(this.base.index, acked)));
    const part = chain.between(from, Math.min(upTo, from + LIMITS.maxAppendEntries));
    const hashes = part.map(({ hash }) => hash);
    this.#send(id, chain.headAt(from), part.map(({ entry }) => entry), hashes, commitIndex ?? state.commitIndex);
  }

  #send(
    to: ReplicaId,
    previous: Head,
    entries: readonly Entry[],
    entryHashes: AppendEntries["entryHashes"],
    commitIndex: LogIndex,
  ): void {
    const { colluders } = this.#situation;
    this.#round = round(this.#round + 1);
    const signed = colluders.sign<AppendEntries>(this.leader, {
      kind: "AppendEntries",
      term: this.term,
      leader: this.leader,
      round: this.#round,
      prevIndex: previous.index,
      prevHash: previous.hash,
      entryHashes,
      commitIndex,
    });
    const known = colluders.peek(to);
    const proven = known?.hard.currentTerm === this.term && known.view.leader === this.leader;
    colluders.send(this.leader, [to], { kind: "AppendEntries", signed, entries, proof: proven ? null : this.proof });
  }
}

const rogueTerms = new WeakMap<SharedCampaign, RogueTerm>();

/** Begins the leadership of an elected colluder; the colluders' newest one from now on. */
export function beginRogueTerm(situation: Situation, leader: ReplicaId, term: Term, proof: ElectionProof): void {
  rogueTerms.set(situation.sharedCampaign, new RogueTerm(situation, leader, term, proof));
}

/** Returns the newest leadership of any colluder. */
export const newestRogueTerm = ({ sharedCampaign }: Pick<Situation, "sharedCampaign">): RogueTerm | null =>
  rogueTerms.get(sharedCampaign) ?? null;
