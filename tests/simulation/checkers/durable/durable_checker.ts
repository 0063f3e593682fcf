/** Judges everything honest replicas make durable: that it is permitted, and that nothing of it is ever taken back (§4, I5, I9, I10). */
import type { ChainedEntry, Entry, Head } from "../../../../protocol/entry.ts";
import { type LogIndex, logIndex, type ReplicaId, type Term, term } from "../../../../protocol/ids.ts";
import { LIMITS } from "../../../../protocol/limits.ts";
import type { Certified } from "../../../../protocol/message.ts";
import type { HardState, PersistOperation, VoteRecord } from "../../../../replica/core/log/durable_state.ts";
import type { MemoryDisk } from "../../../../replica/storage/memory/memory_disk.ts";
import { demand, type Judge } from "../judge.ts";
import { headText, pointText, ranksBelow, samePoint } from "../points.ts";
import type { Roster } from "../roster.ts";
import type { SignedBook } from "../signed/signed_book.ts";
import type { ChainNode } from "./chain_tree.ts";
import { checkDisk } from "./disk_checks.ts";

/** The durable state of one replica, as last known. */
interface Held {
  currentTerm: Term;
  vote: VoteRecord | null;
  prepared: Certified;
  commitIndex: LogIndex;
}

/** Called once for each entry an honest replica makes durable. */
export type OnEntry = (at: ReplicaId, entry: Entry) => void;

export class DurableChecker {
  evidence = 0;
  readonly #roster: Roster;
  readonly #book: SignedBook;
  readonly #judge: Judge;
  readonly #onEntry: OnEntry;
  readonly #held = new Map<ReplicaId, Held>();
  readonly #seen = new WeakSet<ChainNode>();
  /** Highest index that any honest replica has committed. */
  #committed = 0;

  /** Returns whether an entry ends the epoch (§13.2). */
  readonly #isStop: (entry: Entry) => boolean;

  constructor(
    roster: Roster,
    book: SignedBook,
    judge: Judge,
    onEntry: OnEntry,
    isStop: (entry: Entry) => boolean = () => false,
  ) {
    this.#isStop = isStop;
    this.#roster = roster;
    this.#book = book;
    this.#judge = judge;
    this.#onEntry = onEntry;
  }

  /** Returns the commit index that honest `at` made durable. */
  commitIndexOf(at: ReplicaId): LogIndex {
    return this.#heldBy(at).commitIndex;
  }

  /** Forgets what `at` had made durable, which is gone; what it signed is not forgotten. */
  wiped(at: ReplicaId): void {
    this.#held.delete(at);
  }

  /** Judges a restart, which finds all that was durable; anything more became durable as the replica crashed. */
  started(at: ReplicaId, disk: MemoryDisk): void {
    const held = this.#heldBy(at);
    demand(this.#book.tree.learnLog(disk.entries), "I8", () => `${at} starts with a log whose hashes do not chain`);
    const { hardState, prepared, commitIndex } = disk;
    demand(hardState.currentTerm >= held.currentTerm, "I8", () => `${at} lost term ${held.currentTerm} in a crash`);
    this.#hardState(at, held, hardState);
    const rank = prepared ?? this.#genesis;
    demand(!ranksBelow(rank, held.prepared), "I9", () => `${at} lost certificate ${pointText(held.prepared)}`);
    demand(commitIndex >= held.commitIndex, "I10", () => `${at} lost commit index ${held.commitIndex} in a crash`);
    this.#learn(at, disk.branch, disk);
    held.prepared = pointOf(rank);
    held.commitIndex = commitIndex;
    checkDisk(at, disk, this.#book);
  }

  persisted(at: ReplicaId, operations: readonly PersistOperation[], disk: MemoryDisk): void {
    const held = this.#heldBy(at);
    for (const operation of operations) this.#operation(at, held, operation, disk);
    checkDisk(at, disk, this.#book);
    this.#demandWindow(at, disk);
  }

  /** §5.2: nobody's log is longer than what somebody has committed, a window, and the entry that opens a term behind its base. */
  #demandWindow(at: ReplicaId, { tip: { lastIndex, commitIndex } }: MemoryDisk): void {
    this.#committed = Math.max(this.#committed, commitIndex);
    this.#judge.clause(
      lastIndex <= this.#committed + LIMITS.maxUncommittedEntries + 1,
      "§5.2",
      () => `${at} holds entries up to ${lastIndex}, and nobody has committed more than ${this.#committed}`,
    );
  }

  #operation(at: ReplicaId, held: Held, operation: PersistOperation, disk: MemoryDisk): void {
    switch (operation.op) {
      case "hard-state":
        return this.#hardState(at, held, operation.state);
      case "append":
        return this.#learn(at, operation.entries, disk);
      case "truncate":
        return demand(
          operation.after >= held.commitIndex,
          "I5",
          () => `${at} removes all above ${operation.after}, and committed up to ${held.commitIndex}`,
        );
      case "prepared":
        this.#learn(at, operation.branch, disk);
        return this.#prepared(at, held, operation.certificate);
      case "commit":
        return this.#commit(at, held, operation.index, operation.certificate);
      case "evidence":
        this.evidence++;
        return demand(
          !this.#roster.isHonest(operation.evidence.culprit),
          "evidence",
          () => `${at} keeps ${operation.evidence.kind} against ${operation.evidence.culprit}, which is honest`,
        );
      case "chunks":
      case "drop-chunks":
      case "checkpoint":
      case "compact":
      case "restart-log":
      case "transfer":
        return; // the checkpoint checker's
      case "begin-epoch":
        return; // the epoch checker's
      default:
        operation satisfies never;
    }
  }

  #hardState(at: ReplicaId, held: Held, { currentTerm, vote, ack }: HardState): void {
    demand(currentTerm >= held.currentTerm, "§4.1", () => `${at} goes from ${held.currentTerm} to term ${currentTerm}`);
    const same = currentTerm === held.currentTerm;
    const kept = same && vote !== null && held.vote !== null && vote.candidate === held.vote.candidate &&
      samePoint(vote.base, held.vote.base);
    if (same && held.vote !== null && !kept) {
      this.#judge.clause(
        false,
        "§6.5",
        () =>
          `${at} changes its vote of term ${currentTerm}, ${voteText(held.vote)}, ` +
          `to ${voteText(vote)}`,
      );
    }
    held.currentTerm = currentTerm;
    held.vote = vote;
    if (ack !== null) this.#acked(at, currentTerm, ack);
    if (vote !== null && !kept) this.#voted(at, held, vote);
  }

  /** §1.4: where an ack certifies itself, it does so before it is told. */
  #acked(at: ReplicaId, term: Term, ack: Head): void {
    const node = this.#roster.certifying === 1 ? this.#book.tree.get(ack) : undefined;
    if (node !== undefined) this.#book.acks.add(at, term, node);
  }

  /** §6.5: votes only for a certified base of a lower term that ranks no lower than everything the voter held certified. */
  #voted(at: ReplicaId, { currentTerm, prepared }: Held, { candidate, base }: VoteRecord): void {
    this.#book.vote(at, currentTerm, candidate, base);
    const text = () => `${at} votes in term ${currentTerm} for ${candidate} on ${pointText(base)}`;
    this.#judge.clause(base.term < currentTerm, "§6.5", () => `${text()}, which is not of a lower term`);
    this.#judge.clause(!ranksBelow(base, prepared), "§6.5", () => `${text()} and holds ${pointText(prepared)} itself`);
    this.#judge.clause(this.#book.isFounded(base), "§6.5", () => `${text()}, for which no certificate can exist`);
  }

  /**
   * Demands that every entry follows known ones, and that its term is no lower than the previous entry's (§3.1). A replica whose log begins
   * after that one with a snapshot cannot tell; such an entry is never committed, which the commit book checks.
   */
  #learn(at: ReplicaId, entries: readonly ChainedEntry[], disk: MemoryDisk): void {
    for (const [i, chained] of entries.entries()) {
      const node = this.#book.tree.learn(chained);
      const { entry } = chained;
      demand(node !== null, "§3.1", () => `${at} appends entry ${entry.index} with a hash that does not chain`);
      const { hash, index, term } = node.parent!;
      const known = (entries[i - 1] ?? disk.entryAt(index))?.hash === hash;
      demand(!known || entry.term >= term, "§3.1", () => `entry terms decrease at index ${entry.index} of ${at}`);
      if (this.#seen.has(node)) continue;
      this.#seen.add(node);
      const before = node.parent!.entry;
      this.#judge.clause(
        before === null || !this.#isStop(before),
        "§13.3",
        () => `${at} appends entry ${entry.index} behind a stop-sign`,
      );
      this.#onEntry(at, entry);
    }
  }

  /** I9, over restarts too; and every certificate needs a quorum (§5.5). */
  #prepared(at: ReplicaId, held: Held, certificate: Certified): void {
    const lower = ranksBelow(certificate, held.prepared);
    const text = () => `${at} holds ${pointText(certificate)}`;
    demand(!lower, "I9", () => `${text()} after ${pointText(held.prepared)}`);
    const fresh = !samePoint(certificate, held.prepared);
    demand(
      !fresh || ranksBelow(held.prepared, certificate),
      "I3",
      () => `${text()} and ${pointText(held.prepared)}, two certificates of one rank`,
    );
    held.prepared = pointOf(certificate);
    if (fresh) {
      const clause = certificate.term === 0 || this.#book.isFounded(certificate);
      this.#judge.clause(clause, "§5.5", () => `${text()} as certified, and no quorum has signed that`);
    }
  }

  /** I10, I5; and every commit needs a quorum of reports of one term (§5.6). */
  #commit(at: ReplicaId, held: Held, index: LogIndex, { term, hash }: Certified): void {
    demand(index >= held.commitIndex, "I10", () => `${at} commits ${index} after ${held.commitIndex}`);
    held.commitIndex = index;
    const head = { index, hash };
    const node = this.#book.tree.get(head);
    demand(node !== undefined, "I8", () => `${at} commits ${headText(head)}, which nobody holds`);
    const { commits } = this.#book;
    this.#judge.clause(
      commits.isCommitted(term, node),
      "§5.6",
      () => `${at} commits ${headText(head)} in term ${term}, and no quorum has reported that`,
    );
    commits.commit(term, node);
  }

  #heldBy(at: ReplicaId): Held {
    const known = this.#held.get(at);
    if (known) return known;
    const fresh: Held = { currentTerm: term(0), vote: null, prepared: this.#genesis, commitIndex: logIndex(0) };
    this.#held.set(at, fresh);
    return fresh;
  }

  get #genesis(): Certified {
    const { index, hash } = this.#book.tree.genesis;
    return { term: term(0), index, hash };
  }
}

const pointOf = ({ term, index, hash }: Certified): Certified => ({ term, index, hash });

const voteText = (vote: VoteRecord | null): string =>
  vote === null ? "nothing" : `${vote.candidate} on ${pointText(vote.base)}`;
