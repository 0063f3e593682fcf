/**
 * Everything honest replicas have signed, and what exists as a result: certificates (I3), commits (I5), elections (I1), and that every
 * leader's base contains what lower terms committed (I4), whichever of the two comes to light first.
 */
import type { Head } from "../../../../protocol/entry.ts";
import type { ReplicaId, Term } from "../../../../protocol/ids.ts";
import type { Certified } from "../../../../protocol/message.ts";
import { type ChainNode, ChainTree, contains } from "../durable/chain_tree.ts";
import { demand } from "../judge.ts";
import { headText, pointText } from "../points.ts";
import type { Roster } from "../roster.ts";
import { AckBook } from "./ack_book.ts";
import { CommitBook } from "./commit_book.ts";
import { type Election, VoteBook } from "./vote_book.ts";

export class SignedBook {
  readonly tree: ChainTree;
  readonly acks: AckBook;
  readonly commits: CommitBook;
  readonly votes: VoteBook;

  /** `genesis` is that of a later epoch; left out in the first. */
  constructor(clusterId: string, roster: Roster, genesis: Head | null = null) {
    this.tree = new ChainTree(clusterId, genesis);
    this.acks = new AckBook(roster);
    this.votes = new VoteBook(roster);
    this.commits = new CommitBook(roster, this.tree, (term, node) => this.#committed(term, node));
  }

  /** Records a vote that is durable, and so binding, or signed. */
  vote(voter: ReplicaId, term: Term, candidate: ReplicaId, base: Certified): void {
    const election = this.votes.add(voter, term, candidate, base);
    if (!election) return;
    for (const [lower, node] of this.commits.highest) if (lower < term) this.#demandContained(election, lower, node);
  }

  /** Returns whether some certificate, of either kind, exists for exactly this point. */
  isFounded(point: Certified): boolean {
    const node = this.tree.get(point);
    if (point.term === 0) return node === this.tree.genesis;
    return node !== undefined &&
      (this.acks.isCertified(point.term, node) || this.commits.isCommitted(point.term, node));
  }

  #committed(term: Term, node: ChainNode): void {
    for (const election of this.votes.elections.values()) {
      if (election.term > term) this.#demandContained(election, term, node);
    }
  }

  /** I4. */
  #demandContained(election: Election, lower: Term, node: ChainNode): void {
    const base = this.tree.get(election.base);
    demand(
      base !== undefined && contains(base, node),
      "I4",
      () =>
        `${election.leader} leads term ${election.term} on ${pointText(election.base)}, which leaves out ` +
        `${headText(node)}, committed in term ${lower}`,
    );
  }
}
