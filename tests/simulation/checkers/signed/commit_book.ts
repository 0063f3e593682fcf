/** Prepared reports of each term by replica, and what they commit (§5.6), noticed or not (I5). */
import type { ReplicaId, Term } from "../../../../protocol/ids.ts";
import { ancestorAt, type ChainNode, type ChainTree, contains } from "../durable/chain_tree.ts";
import { demand } from "../judge.ts";
import { headText } from "../points.ts";
import type { Roster } from "../roster.ts";

/** Called when the highest point committed in `term` rises to `node`. */
export type OnCommitted = (term: Term, node: ChainNode) => void;

export class CommitBook {
  readonly #roster: Roster;
  readonly #onCommitted: OnCommitted;
  /** The committed chain by index, with the empty log at 0. */
  readonly #chain: ChainNode[];
  /** Highest report of each honest replica, by term. */
  readonly #reports = new Map<Term, Map<ReplicaId, ChainNode>>();
  /** Highest point committed in each term. */
  readonly #highest = new Map<Term, ChainNode>();

  readonly #genesis: ChainNode;

  constructor(roster: Roster, { origin, genesis }: Pick<ChainTree, "origin" | "genesis">, onCommitted: OnCommitted) {
    this.#roster = roster;
    this.#onCommitted = onCommitted;
    this.#genesis = genesis;
    this.#chain = [origin];
    this.#chain[genesis.index] = genesis;
  }

  /** End of the committed chain. */
  get tip(): ChainNode {
    return this.#chain.at(-1)!;
  }

  /** Returns the committed node at `index`. */
  at(index: number): ChainNode | undefined {
    return this.#chain[index];
  }

  /** Highest point committed in each term. */
  get highest(): ReadonlyMap<Term, ChainNode> {
    return this.#highest;
  }

  /** Records that honest `replica` reported `node` prepared in a response of that same term. */
  report(replica: ReplicaId, term: Term, node: ChainNode): void {
    const reports = this.#reports.get(term) ?? new Map<ReplicaId, ChainNode>();
    this.#reports.set(term, reports);
    if (node.index <= (reports.get(replica)?.index ?? -1)) return;
    reports.set(replica, node);
    const beyond = this.#highest.get(term)?.index ?? -1;
    const all = [...reports.values()].sort((a, b) => b.index - a.index);
    if ((all[this.#roster.honestQuorum - 1]?.index ?? -1) <= beyond) return;
    const found = all.find((at) => all.filter((other) => contains(other, at)).length >= this.#roster.honestQuorum);
    if (found && found.index > beyond) this.commit(term, found);
  }

  /** Returns whether `node` is committed by reports of `term`. */
  isCommitted(term: Term, node: ChainNode): boolean {
    if (term === 0) return node === this.#genesis; // nobody's signature commits it (§13.5)
    return node.committed && (this.#highest.get(term)?.index ?? -1) >= node.index;
  }

  /** I5: `node`, committed in `term`, and everything ever committed lie on one chain. */
  commit(term: Term, node: ChainNode): void {
    const { tip } = this;
    const shared = node.index <= tip.index ? this.#chain[node.index] : ancestorAt(node, tip.index);
    demand(
      shared === (node.index <= tip.index ? node : tip),
      "I5",
      () => `${headText(node)} is committed in term ${term}, and on another chain ${headText(tip)} is committed too`,
    );
    this.#extend(node);
    if (node.index <= (this.#highest.get(term)?.index ?? -1)) return;
    this.#highest.set(term, node);
    this.#onCommitted(term, node);
  }

  /** §3.1: terms do not decrease along the committed chain. */
  #extend(node: ChainNode): void {
    for (let at: ChainNode | null = node; at !== null && !at.committed; at = at.parent) {
      const before = at.parent?.term ?? 0;
      demand(at.term >= before, "§3.1", () => `${headText(node)} is committed, and terms decrease on the way to it`);
      at.committed = true;
      this.#chain[at.index] = at;
    }
  }
}
