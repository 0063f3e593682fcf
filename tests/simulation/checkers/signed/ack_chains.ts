/** The acks of each honest replica: one chain per term (I2), through the base and never below it (§5.3), in terms that have a leader. */
import type { LogIndex, ReplicaId, Term } from "../../../../protocol/ids.ts";
import type { AppendEntriesResponse } from "../../../../protocol/message.ts";
import { type ChainNode, contains, onOneChain } from "../durable/chain_tree.ts";
import { demand, type Judge } from "../judge.ts";
import { headText, pointText } from "../points.ts";
import type { SignedBook } from "./signed_book.ts";

/** The acks of one replica in one term. */
interface Acked {
  readonly term: Term;
  readonly nodes: Map<LogIndex, ChainNode>;
  highest: ChainNode | null;
}

export class AckChains {
  readonly #book: SignedBook;
  readonly #judge: Judge;
  /** Acks by replica; a term left behind never comes back (§4.3). */
  readonly #acked = new Map<ReplicaId, Acked>();

  constructor(book: SignedBook, judge: Judge) {
    this.#book = book;
    this.#judge = judge;
  }

  /** Judges the acks of a response that honest `from` sends; they are on its disk. */
  acked(from: ReplicaId, { term, acks }: AppendEntriesResponse): void {
    const acked = this.#ackedBy(from, term);
    for (const ack of acks) {
      if (acked.nodes.get(ack.index)?.hash === ack.hash) continue;
      const node = this.#book.tree.get(ack);
      demand(node !== undefined, "I8", () => `${from} acks ${headText(ack)}, which nobody holds`);
      const { highest } = acked;
      demand(
        highest === null || onOneChain(highest, node),
        "I2",
        () => `${from} acks ${headText(node)} in term ${term} after ${headText(highest!)}, on another chain`,
      );
      this.#demandBase(from, term, node);
      acked.nodes.set(ack.index, node);
      if (highest === null || node.index > highest.index) acked.highest = node;
      this.#book.acks.add(from, term, node);
    }
  }

  #demandBase(from: ReplicaId, term: Term, node: ChainNode): void {
    const election = this.#book.votes.elections.get(term);
    this.#judge.clause(election !== undefined, "§6.7", () => `${from} acks in term ${term}, which elected nobody`);
    if (!election) return;
    const base = this.#book.tree.get(election.base);
    this.#judge.clause(
      base !== undefined && contains(node, base),
      "§5.3",
      () => `${from} acks ${headText(node)} in term ${term}, not at or above its base ${pointText(election.base)}`,
    );
    this.#judge.clause(
      node.term === term || node.index <= election.base.index,
      "§3.1",
      () =>
        `${from} acks ${headText(node)} of term ${node.term} in term ${term}, behind its base ${
          pointText(election.base)
        }`,
    );
  }

  #ackedBy(replica: ReplicaId, term: Term): Acked {
    const known = this.#acked.get(replica);
    if (known?.term === term) return known;
    const fresh: Acked = { term, nodes: new Map(), highest: null };
    this.#acked.set(replica, fresh);
    return fresh;
  }
}
