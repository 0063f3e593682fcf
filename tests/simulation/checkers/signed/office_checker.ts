/** Judges hand-overs and terms of office (§14): the reasons that honest replicas name in their logs, whom they name, and who stands again. */
import type { Millis, ReplicaId, Term } from "../../../../protocol/ids.ts";
import type { Certified, HandOver } from "../../../../protocol/message.ts";
import type { Packet } from "../../../../protocol/packet.ts";
import type { CoreEvent } from "../../../../replica/core/output.ts";
import type { RunFacts } from "../../observer.ts";
import type { Judge } from "../judge.ts";
import { samePoint } from "../points.ts";
import type { Roster } from "../roster.ts";
import type { SignedBook } from "./signed_book.ts";

/** Least speed of true time by any clock of a plan: what takes so long on it takes this share of that at least. */
const SHARE = 0.8;
/** Time between two hand-overs of a replica for one learner, in longest election timeouts. */
const LEARNER_CAPS = 64;
/** Commits of a leader whom nobody asks for anything. */
const ALWAYS = 1;

type Facts = Pick<RunFacts, "electionTimeoutMs" | "electionTimeoutCapMs">;

export class OfficeChecker {
  readonly #facts: Facts;
  readonly #roster: Roster;
  readonly #book: SignedBook;
  readonly #judge: Judge;
  /** Terms that each honest leader has given up. */
  readonly #givenUp = new Map<ReplicaId, Set<number>>();
  /** First time at which each replica signed its last HandOver, since which it has not known another leader. */
  readonly #handedOver = new Map<ReplicaId, { readonly term: Term; readonly at: Millis }>();
  /** Point that each honest replica reported prepared last in each term: it may be in a higher one when it is named. */
  readonly #reported = new Map<string, Certified>();
  /** Times of hand-overs for learners, by leader and learner, since the leader started. */
  readonly #served = new Map<ReplicaId, Map<string, Millis>>();

  constructor(facts: Facts, roster: Roster, book: SignedBook, judge: Judge) {
    this.#facts = facts;
    this.#roster = roster;
    this.#book = book;
    this.#judge = judge;
  }

  /** Records that `at` starts: it remembers nothing of hand-overs. */
  started(at: ReplicaId): void {
    this.#handedOver.delete(at);
    this.#served.delete(at);
  }

  /** Judges `packet`, sent by honest `from`. */
  sent(from: ReplicaId, packet: Packet, now: Millis): void {
    if (packet.kind === "AppendEntriesResponse") this.#reports(from, packet.signed.message.prepared);
    else if (packet.kind === "HandOver") this.#handsOver(from, packet.signed.message, now);
    else if (packet.kind === "RequestVote") this.#campaigns(from, now);
  }

  /** Judges what honest `at` tells its operator. */
  event(at: ReplicaId, { event, fields }: CoreEvent, now: Millis): void {
    const { reason, term, leader, learner } = fields;
    if (event === "leader" && leader !== at) this.#handedOver.delete(at);
    if (event === "suspect" && reason === "hand-over") this.#suspected(at, String(leader) as ReplicaId, Number(term));
    if (event === "hand-over-begun" && reason === "learner") this.#servesLearner(at, String(learner), now);
    const office = (event === "suspect" || event === "hand-over-begun") && reason === "office";
    if (office) this.#officeOver(at, Number(term) as Term);
  }

  #reports(from: ReplicaId, prepared: Certified): void {
    this.#reported.set(`${from} ${prepared.term}`, prepared);
  }

  #handsOver(from: ReplicaId, { term, successor, index, hash }: HandOver, now: Millis): void {
    const terms = this.#givenUp.get(from) ?? new Set();
    this.#givenUp.set(from, terms.add(term));
    if (this.#handedOver.get(from)?.term === term) return;
    this.#handedOver.set(from, { term, at: now });
    if (!this.#roster.isHonest(successor)) return;
    const reported = this.#reported.get(`${successor} ${term}`);
    this.#judge.clause(
      reported !== undefined && samePoint(reported, { term, index, hash }),
      "§14.2",
      () => `${from} names ${successor} at ${index}, which has reported ${reported?.index ?? "nothing"} prepared`,
    );
  }

  #campaigns(from: ReplicaId, now: Millis): void {
    const handedOver = this.#handedOver.get(from);
    const waitedMs = now - (handedOver?.at ?? -Infinity);
    this.#judge.clause(
      waitedMs >= SHARE * 2 * this.#facts.electionTimeoutMs,
      "§14.3",
      () => `${from} stands ${waitedMs} ms after it handed over term ${handedOver?.term}`,
    );
  }

  /** A leader is suspected for its word only if it gave it. */
  #suspected(at: ReplicaId, leader: ReplicaId, term: number): void {
    if (!this.#roster.isHonest(leader)) return;
    this.#judge.clause(
      this.#givenUp.get(leader)?.has(term) ?? false,
      "§14.3",
      () => `${at} suspects ${leader} for a hand-over of term ${term}, which it never signed`,
    );
  }

  #servesLearner(at: ReplicaId, learner: string, now: Millis): void {
    const served = this.#served.get(at) ?? new Map<string, Millis>();
    this.#served.set(at, served);
    const waitedMs = now - (served.get(learner) ?? -Infinity);
    const leastMs = SHARE * LEARNER_CAPS * this.#facts.electionTimeoutCapMs;
    const text = () => `${at} hands over for ${learner} again after ${waitedMs} ms`;
    this.#judge.clause(waitedMs >= leastMs, "§14.5", text);
    served.set(learner, now);
  }

  /** No term of office is over in which nothing was committed that anybody asked for. */
  #officeOver(at: ReplicaId, term: Term): void {
    const election = this.#book.votes.elections.get(term);
    const entries = this.#book.commits.tip.index - (election?.base.index ?? 0);
    this.#judge.clause(
      entries > ALWAYS,
      "§14.6",
      () => `${at} finds the office of term ${term} over, with ${entries} entries`,
    );
  }
}
