/** Acks of each term by replica, and the prepare certificates that follow from them (§5.5, I3). */
import type { ReplicaId, Term } from "../../../../protocol/ids.ts";
import { type ChainNode, onOneChain } from "../durable/chain_tree.ts";
import { demand } from "../judge.ts";
import { headText } from "../points.ts";
import { countOf, type Members, type Roster } from "../roster.ts";

interface TermAcks {
  readonly ackers: Map<ChainNode, Members>;
  readonly certified: Set<ChainNode>;
  highest: ChainNode | null;
}

export class AckBook {
  certificates = 0;
  readonly #roster: Roster;
  readonly #terms = new Map<Term, TermAcks>();

  constructor(roster: Roster) {
    this.#roster = roster;
  }

  /** Records that honest `replica` acked exactly `node` in `term`. */
  add(replica: ReplicaId, term: Term, node: ChainNode): void {
    const acks = this.#termOf(term);
    const before = acks.ackers.get(node) ?? 0;
    const after = before | this.#roster.only(replica);
    if (after === before) return;
    acks.ackers.set(node, after);
    if (countOf(after) >= this.#roster.certifying && !acks.certified.has(node)) this.#certify(term, acks, node);
  }

  /** Returns whether a prepare certificate of `term` for exactly `node` exists; that of the empty log needs no signatures. */
  isCertified(term: Term, node: ChainNode): boolean {
    return term === 0 ? node.index === 0 : this.#terms.get(term)?.certified.has(node) ?? false;
  }

  /** I3: certificates of one term lie on one chain. */
  #certify(term: Term, acks: TermAcks, node: ChainNode): void {
    const { highest } = acks;
    demand(
      highest === null || onOneChain(highest, node),
      "I3",
      () => `in term ${term} ${headText(highest!)} and ${headText(node)} are certified, on two chains`,
    );
    acks.certified.add(node);
    if (highest === null || node.index > highest.index) acks.highest = node;
    this.certificates++;
  }

  #termOf(term: Term): TermAcks {
    const known = this.#terms.get(term);
    if (known) return known;
    const fresh: TermAcks = { ackers: new Map(), certified: new Set(), highest: null };
    this.#terms.set(term, fresh);
    return fresh;
  }
}
