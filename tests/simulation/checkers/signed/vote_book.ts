/** Votes of each term by replica, and the elections they complete (§6.6, I1). */
import type { ReplicaId, Term } from "../../../../protocol/ids.ts";
import type { Certified } from "../../../../protocol/message.ts";
import { demand } from "../judge.ts";
import { pointText, samePoint } from "../points.ts";
import { countOf, type Members, type Roster } from "../roster.ts";

/** The result of enough votes. */
export interface Election {
  readonly term: Term;
  readonly leader: ReplicaId;
  readonly base: Certified;
}

interface Ballot extends Election {
  voters: Members;
}

export class VoteBook {
  readonly #roster: Roster;
  readonly #ballots = new Map<Term, Ballot[]>();
  readonly #elections = new Map<Term, Election>();

  constructor(roster: Roster) {
    this.#roster = roster;
  }

  /** Elections by term, in the order in which they were completed. */
  get elections(): ReadonlyMap<Term, Election> {
    return this.#elections;
  }

  /**
   * Records the vote of honest `voter` for `candidate` on `base`; returns the election this completes, once. I1: there is one leader per
   * term.
   */
  add(voter: ReplicaId, term: Term, candidate: ReplicaId, base: Certified): Election | null {
    const ballot = this.#ballotOf(term, candidate, base);
    const before = ballot.voters;
    ballot.voters |= this.#roster.only(voter);
    const { honestQuorum } = this.#roster;
    if (countOf(before) >= honestQuorum || countOf(ballot.voters) < honestQuorum) return null;
    const known = this.#elections.get(term);
    demand(
      known === undefined,
      "I1",
      () => `term ${term} elects ${known!.leader} on ${pointText(known!.base)} and ${candidate} on ${pointText(base)}`,
    );
    this.#elections.set(term, ballot);
    return ballot;
  }

  #ballotOf(term: Term, leader: ReplicaId, base: Certified): Ballot {
    const ballots = this.#ballots.get(term) ?? [];
    this.#ballots.set(term, ballots);
    const known = ballots.find((ballot) => ballot.leader === leader && samePoint(ballot.base, base));
    if (known) return known;
    const fresh: Ballot = { term, leader, base, voters: 0 };
    ballots.push(fresh);
    return fresh;
  }
}
