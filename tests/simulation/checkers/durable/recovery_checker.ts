/**
 * Replicas that lost their disks (§8.4): a learner signs nothing that counts, it asks until it knows its bar, and it is a full replica
 * again only in terms above all it has ever signed in. The other checkers judge everything it signs together with its past.
 */
import { type LogIndex, type ReplicaId, type Term, term } from "../../../../protocol/ids.ts";
import type { Packet } from "../../../../protocol/packet.ts";
import type { HardState, PersistOperation, Recovery } from "../../../../replica/core/log/durable_state.ts";
import type { MemoryDisk } from "../../../../replica/storage/memory/memory_disk.ts";
import { demand, type Judge } from "../judge.ts";

/** Packets a learner may send: none that a forgotten message could contradict, and what clients or others have signed. */
const OF_LEARNERS: ReadonlySet<Packet["kind"]> = new Set([
  ...["RollCall", "FetchEntries", "FetchEntriesResponse", "FetchChunks", "FetchChunksResponse"] as const,
  ...["ResendRequest", "ForwardedRequest", "Evidence"] as const,
]);

export class RecoveryChecker {
  readonly #judge: Judge;
  /** Returns the highest term that a replica has signed in, ever. */
  readonly #signedIn: (at: ReplicaId) => Term;
  /** Returns the term of the committed entry at an index. */
  readonly #committedIn: (index: LogIndex) => Term;
  readonly #recoveries = new Map<ReplicaId, Recovery>();
  /** Highest term a replica had signed in when it last lost its disk. */
  readonly #forgotten = new Map<ReplicaId, Term>();
  /** Highest term that a replica has signed anything for, PreVotes included, since it has had its present disk. */
  readonly #signedFor = new Map<ReplicaId, Term>();

  /** Faulty replicas there may be. */
  readonly #faults: number;

  constructor(
    judge: Judge,
    faults: number,
    signedIn: (at: ReplicaId) => Term,
    committedIn: (index: LogIndex) => Term,
  ) {
    this.#faults = faults;
    this.#committedIn = committedIn;
    this.#judge = judge;
    this.#signedIn = signedIn;
  }

  wiped(at: ReplicaId): void {
    this.#forgotten.set(at, this.#signedIn(at));
    this.#recoveries.delete(at);
    this.#signedFor.delete(at);
  }

  /** Returns whether `at` has lost a disk and signed something in this epoch before. */
  hasForgotten(at: ReplicaId): boolean {
    return (this.#forgotten.get(at) ?? 0) > 0;
  }

  /** §13.9: judges that `at` leaves this epoch for one in which it is a learner with this recovery, or none. */
  left(at: ReplicaId, recovery: Recovery | null): void {
    const before = this.#recoveries.get(at);
    this.#recoveries.delete(at);
    const knows = before === undefined || before.bar !== null;
    this.#judge.clause(
      knows || recovery !== null,
      "§13.9",
      () => `${at} begins an epoch as a full member, and has no bar`,
    );
  }

  started(at: ReplicaId, { hardState: { recovery } }: MemoryDisk): void {
    const before = this.#recoveries.get(at);
    this.#judge.clause(
      before === undefined || recovery?.nonce === before.nonce,
      "§8.4",
      () => `${at} forgets recovery ${before?.nonce.slice(0, 8)} in a crash`,
    );
    if (recovery !== null) this.#recoveries.set(at, recovery);
  }

  persisted(at: ReplicaId, operations: readonly PersistOperation[], disk: MemoryDisk): void {
    for (const operation of operations) if (operation.op === "hard-state") this.#hardState(at, operation.state, disk);
  }

  /** Judges `packet`, sent by honest `from`. */
  sent(from: ReplicaId, packet: Packet, { hardState }: MemoryDisk): void {
    const { preVoted, recovery } = hardState;
    demand(
      recovery === null || OF_LEARNERS.has(packet.kind),
      "§8.4",
      () => `${from} lost its disk and sends ${packet.kind} before it knows what it may sign`,
    );
    if (packet.kind === "RollCall") {
      const { nonce } = packet.signed.message;
      this.#judge.clause(recovery?.nonce === nonce, "§8.4", () => `${from} calls the roll for another recovery`);
    } else if (packet.kind === "RollCallAnswer") {
      // Signed in the same batch, after it was asked, it cannot have helped the asker to anything before.
      const { term } = packet.signed.message;
      const least = this.#signedFor.get(from) ?? 0;
      this.#judge.clause(
        term >= least,
        "§8.4",
        () => `${from} answers a roll call with ${term}, it has signed ${least}`,
      );
    } else if (packet.kind === "PreVote") {
      const { term } = packet.signed.message;
      demand(term <= preVoted, "I8", () => `${from} signs a PreVote of term ${term}, durable is ${preVoted}`);
    }
    this.#noteTerm(from, packet);
  }

  #noteTerm(from: ReplicaId, packet: Packet): void {
    switch (packet.kind) {
      case "PreVote":
      case "RequestVote":
      case "Vote":
      case "AppendEntries":
      case "AppendEntriesResponse": {
        const { term: signed } = packet.signed.message;
        if (signed > (this.#signedFor.get(from) ?? 0)) this.#signedFor.set(from, signed);
      }
    }
  }

  #hardState(at: ReplicaId, { recovery, currentTerm }: HardState, disk: MemoryDisk): void {
    const before = this.#recoveries.get(at);
    const forgotten = this.#forgotten.get(at) ?? term(0);
    if (recovery !== null) {
      this.#recoveries.set(at, recovery);
      const { bar } = recovery;
      const text = () => `${at} takes ${bar} for its bar, and has signed in term ${forgotten}`;
      return this.#judge.clause(bar === null || bar >= forgotten, "§8.4", text);
    }
    if (before === undefined) return;
    this.#recoveries.delete(at);
    const committed = this.#committedIn(disk.commitIndex);
    const beyond = (bar: Term) => committed > bar ? currentTerm >= committed : this.#isReported(disk, bar, currentTerm);
    const sure = before.bar !== null && beyond(before.bar);
    this.#judge.clause(
      sure && currentTerm > forgotten,
      "§8.4",
      () =>
        `${at} rejoins in term ${currentTerm} with an entry of ${committed} committed, bar ${before.bar}, signed ${forgotten}`,
    );
  }

  /**
   * Returns whether an honest replica reported prepared, in a term above `bar`, no more than `disk` has committed. A certificate of such a term alone may speak
   * of a point far below: links lengthen it downwards (§5.6).
   */
  #isReported(disk: MemoryDisk, bar: Term, currentTerm: Term): boolean {
    const certificate = disk.recovered().commitCertificate;
    if (certificate === null || certificate.term <= bar || certificate.term > currentTerm) return false;
    const reports = certificate.responses.map(({ message }) => message.prepared.index);
    return reports.filter((index) => index <= disk.commitIndex).length > this.#faults;
  }
}
