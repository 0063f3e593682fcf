/** Judges what honest replicas sign, across restarts: §4.3, I2, I8, one vote per term, rounds, and no contradiction (§9). */
import { equalBytes } from "../../../../protocol/bytes/equal_bytes.ts";
import { type LogIndex, logIndex, type ReplicaId, type Term, term } from "../../../../protocol/ids.ts";
import type { AppendEntriesResponse, Certified, RequestVote, Vote } from "../../../../protocol/message.ts";
import type { Packet } from "../../../../protocol/packet.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import type { MemoryDisk } from "../../../../replica/storage/memory/memory_disk.ts";
import { checkCandidacy, checkResponse, checkVote } from "../durable/disk_checks.ts";
import { demand, type Judge } from "../judge.ts";
import { pointText, ranksBelow, samePoint } from "../points.ts";
import type { Roster } from "../roster.ts";
import { AckChains } from "./ack_chains.ts";
import { LeaderChecker } from "./leader_checker.ts";
import type { SignedBook } from "./signed_book.ts";

/** Everything one replica has signed so far. */
interface Said {
  /** Highest term it signed anything in that binds it to that term. */
  term: Term;
  prepared: Certified | null;
  commitIndex: LogIndex;
  readonly votes: Map<Term, Uint8Array>;
}

export class SigningChecker {
  readonly #roster: Roster;
  readonly #book: SignedBook;
  readonly #judge: Judge;
  readonly #acks: AckChains;
  readonly #leaders: LeaderChecker;
  readonly #said = new Map<ReplicaId, Said>();

  constructor(roster: Roster, book: SignedBook, judge: Judge) {
    this.#roster = roster;
    this.#book = book;
    this.#judge = judge;
    this.#acks = new AckChains(book, judge);
    this.#leaders = new LeaderChecker(book, judge);
  }

  started(at: ReplicaId, disk: MemoryDisk): void {
    const highest = Math.max(disk.hardState.currentTerm, this.#saidBy(at).term);
    this.#leaders.restarted(at, term(highest));
  }

  /** Returns the highest term that `at` has signed in, on whatever disk. */
  signedIn(at: ReplicaId): Term {
    return this.#saidBy(at).term;
  }

  /** Judges `packet`, sent by honest `from`. */
  sent(from: ReplicaId, packet: Packet, disk: MemoryDisk): void {
    switch (packet.kind) {
      case "AppendEntries":
        this.#demandTerm(from, packet.signed.message.term, packet.kind, disk);
        return this.#leaders.sent(from, packet.signed, packet.entries);
      case "AppendEntriesResponse":
        this.#demandTerm(from, packet.signed.message.term, packet.kind, disk);
        return this.#response(from, packet.signed.message, disk);
      case "HandOver":
        this.#demandTerm(from, packet.signed.message.term, packet.kind, disk);
        return this.#leaders.handsOver(from, packet.signed);
      case "RequestVote":
        this.#demandTerm(from, packet.signed.message.term, packet.kind, disk);
        return this.#candidacy(from, packet.signed.message, disk);
      case "Vote":
        this.#demandTerm(from, packet.signed.message.term, packet.kind, disk);
        return this.#vote(from, packet.signed, disk);
      case "Evidence":
        return demand(
          !this.#roster.isHonest(packet.evidence.culprit),
          "evidence",
          () => `${from} shows ${packet.evidence.kind} against ${packet.evidence.culprit}, which is honest`,
        );
      default:
        return;
    }
  }

  /** §4.3: nothing of a term below one it has signed in or raised itself to; and the term is durable (I8). */
  #demandTerm(from: ReplicaId, signed: Term, kind: string, disk: MemoryDisk): void {
    const said = this.#saidBy(from);
    const left = Math.max(said.term, disk.hardState.currentTerm);
    demand(signed >= left, "§4.3", () => `${from} signs an ${kind} of term ${signed} and was in term ${left} before`);
    demand(signed <= disk.hardState.currentTerm, "I8", () => `${from} signs in term ${signed}, which is not durable`);
    said.term = signed;
  }

  #response(from: ReplicaId, response: AppendEntriesResponse, disk: MemoryDisk): void {
    checkResponse(from, disk, this.#book, response);
    this.#demandProgress(from, response);
    this.#acks.acked(from, response);
    const { term, prepared } = response;
    if (prepared.term !== term) return; // information, never a vote to commit (§5.6)
    const node = this.#book.tree.get(prepared);
    demand(node !== undefined, "I8", () => `${from} reports ${pointText(prepared)}, which nobody holds`);
    this.#book.commits.report(from, term, node);
  }

  /** I9, I10, as published. */
  #demandProgress(from: ReplicaId, { prepared, commitIndex }: AppendEntriesResponse): void {
    const said = this.#saidBy(from);
    const before = said.prepared;
    demand(
      before === null || ranksBelow(before, prepared) || samePoint(before, prepared),
      "I9",
      () => `${from} reports ${pointText(prepared)} after ${pointText(before!)}`,
    );
    const { commitIndex: shown } = said;
    demand(commitIndex >= shown, "I10", () => `${from} shows commit index ${commitIndex} after ${shown}`);
    said.prepared = prepared;
    said.commitIndex = commitIndex;
  }

  #candidacy(from: ReplicaId, request: RequestVote, disk: MemoryDisk): void {
    checkCandidacy(from, disk, request);
    this.#leaders.campaigns(from, request.term);
    this.#book.vote(from, request.term, request.candidate, request.base);
  }

  #vote(from: ReplicaId, signed: Signed<Vote>, disk: MemoryDisk): void {
    const { term, candidate, base } = signed.message;
    const { votes } = this.#saidBy(from);
    const before = votes.get(term);
    const same = before === undefined || equalBytes(before, signed.body);
    this.#judge.clause(same, "§6.5", () => `${from} signs two votes in term ${term}, now for ${candidate}`);
    votes.set(term, signed.body);
    checkVote(from, disk, signed);
    this.#book.vote(from, term, candidate, base);
  }

  #saidBy(replica: ReplicaId): Said {
    const known = this.#said.get(replica);
    if (known) return known;
    const fresh: Said = { term: term(0), prepared: null, commitIndex: logIndex(0), votes: new Map() };
    this.#said.set(replica, fresh);
    return fresh;
  }
}
