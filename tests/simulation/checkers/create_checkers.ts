/** Combines all checkers into one observer. */
import { type Millis, type ReplicaId, term } from "../../../protocol/ids.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { MemoryDisk } from "../../../replica/storage/memory/memory_disk.ts";
import type { Observer, RunFacts } from "../observer.ts";
import { CheckpointChecker } from "./durable/checkpoint_checker.ts";
import { DurableChecker } from "./durable/durable_checker.ts";
import { RecoveryChecker } from "./durable/recovery_checker.ts";
import { AnswerChecker } from "./execution/answer_checker.ts";
import { ExecutionChecker } from "./execution/execution_checker.ts";
import { ReferenceState } from "./execution/reference_state.ts";
import { ReplayChecker } from "./execution/replay_checker.ts";
import { RequestBook } from "./execution/request_book.ts";
import { SettlingChecker } from "./execution/settling_checker.ts";
import { failureOf } from "./failure.ts";
import { Judge } from "./judge.ts";
import { Roster } from "./roster.ts";
import { OfficeChecker } from "./signed/office_checker.ts";
import { SignedBook } from "./signed/signed_book.ts";
import { SigningChecker } from "./signed/signing_checker.ts";

export interface CheckerOptions {
  /** Set to judge single clauses besides the invariants; they name a fault earlier and more closely. Default true. */
  readonly clauses?: boolean;
}

/** Counters of what a run showed. */
export interface CheckCounts {
  packets: number;
  crashes: number;
  /** Different entries that honest replicas made durable. */
  entries: number;
  certificates: number;
  elections: number;
  /** End of the committed chain. */
  committed: number;
  /** Pieces of evidence that honest replicas kept. */
  evidence: number;
  /** Commands and queries that honest replicas executed, and answers that clients accepted. */
  executions: number;
  accepted: number;
}

export interface Checkers extends Required<Observer> {
  /** Makes the final checks; call once, after the liveness phase. Throws ViolationError like every other method. */
  finish(): void;
  readonly counts: Readonly<CheckCounts>;
}

/** Creates the checkers of one run. Every method throws ViolationError the moment something does not hold. */
export function createCheckers(facts: RunFacts, options: CheckerOptions = {}): Checkers {
  const parts = partsOf(facts, options);
  const { roster, book, requests, durable, executions, answers } = parts;
  const seen = { packets: 0, crashes: 0 };
  const honest = (id: ReplicaId) => roster.isHonest(id);
  return {
    ...ofHonest(honest, parts),
    crashed(at) {
      seen.crashes++;
      executions.crashed(at);
    },
    sent(from, _to, packet, disk, now) {
      seen.packets++;
      if (disk !== null && honest(from)) sentBy(parts, from, packet, disk, now);
    },
    failed(at, error) {
      if (honest(at)) throw failureOf(at, error);
    },
    requested: (request) => requests.requested(request),
    invoked: (client, command, repeatable) => requests.invoked(client, command, repeatable),
    accepted: (client, answer) => answers.acceptedBy(client, answer),
    read: (client, by) => answers.readBy(client, by),
    finish: () => answers.finish(),
    get counts() {
      return { ...seen, ...countsOf(book, durable, executions, answers) };
    },
  };
}

type Parts = ReturnType<typeof partsOf>;

function partsOf(facts: RunFacts, options: CheckerOptions) {
  const roster = new Roster(facts);
  const judge = new Judge(options.clauses ?? true);
  const book = new SignedBook(facts.clusterId, roster);
  const requests = new RequestBook();
  const durable = new DurableChecker(roster, book, judge, (at, entry) => requests.appended(at, entry));
  const signing = new SigningChecker(roster, book, judge);
  const offices = new OfficeChecker(facts, roster, book, judge);
  const committedAt = (index: number) => book.commits.at(index);
  const reference = new ReferenceState(facts, committedAt);
  // What clients are told may rest on a commit that the disk has yet to learn of (§4.1), unless there are fast reads (§7.4).
  const mayApply = (at: ReplicaId) =>
    facts.fastReads ? durable.commitIndexOf(at) : Math.max(durable.commitIndexOf(at), book.commits.tip.index);
  const executions = new ExecutionChecker(requests, reference, mayApply);
  const settling = new SettlingChecker(judge, executions);
  const replays = new ReplayChecker(judge);
  const answers = new AnswerChecker({ facts, roster, judge, requests, executions, reference, committedAt });
  const checkpoints = new CheckpointChecker({ roster, judge, book, reference });
  const recoveries = new RecoveryChecker(
    judge,
    roster.f,
    (at) => signing.signedIn(at),
    (index) => committedAt(index)?.term ?? term(0),
  );
  const durables = { durable, checkpoints, recoveries };
  return { roster, book, requests, signing, offices, executions, settling, replays, answers, ...durables };
}

/** Returns the checks that every honest replica must pass during the run. */
function ofHonest(honest: (id: ReplicaId) => boolean, parts: Parts) {
  const { durable, signing, offices, executions, replays, answers, checkpoints, recoveries } = parts;
  return {
    started(at, disk) {
      if (!honest(at)) return;
      durable.started(at, disk);
      checkpoints.started(at, disk);
      recoveries.started(at, disk);
      signing.started(at, disk);
      offices.started(at);
      executions.started(at);
      replays.started(at, disk.commitIndex);
    },
    wiped(at) {
      if (!honest(at)) return;
      durable.wiped(at);
      recoveries.wiped(at);
    },
    restored(at, view) {
      if (!honest(at)) return;
      checkpoints.restored(at, view);
      executions.restored(at, view.appliedIndex);
      replays.applied(at, view.appliedIndex);
    },
    persisted(at, operations, disk) {
      if (!honest(at)) return;
      durable.persisted(at, operations, disk);
      checkpoints.persisted(at, operations, disk);
      recoveries.persisted(at, operations, disk);
    },
    event: (at, event, now) => honest(at) && offices.event(at, event, now),
    executed: (at, index, client, command) => honest(at) && executions.executed(at, index, client, command),
    queried: (at, index, query) => honest(at) && executions.queried(at, index, query),
    applied(at, view) {
      if (!honest(at)) return;
      executions.applied(at, view);
      replays.applied(at, view.appliedIndex);
    },
    replied(at, reply) {
      if (!honest(at)) return;
      replays.replied(at, reply);
      answers.replied(at, reply);
    },
  } satisfies Observer;
}

function sentBy(parts: Parts, from: ReplicaId, packet: Packet, disk: MemoryDisk, now: Millis): void {
  const { recoveries, signing, offices, settling, checkpoints } = parts;
  recoveries.sent(from, packet, disk);
  signing.sent(from, packet, disk);
  offices.sent(from, packet, now);
  settling.sent(from, packet);
  if (packet.kind === "Checkpoint") checkpoints.signed(from, packet.signed.message, disk);
  const shown = packet.kind === "FetchEntriesResponse" ? packet.checkpoint : null;
  if (shown !== null) checkpoints.proof(from, shown);
}

const countsOf = (book: SignedBook, durable: DurableChecker, executions: ExecutionChecker, answers: AnswerChecker) => ({
  entries: book.tree.size,
  certificates: book.acks.certificates,
  elections: book.votes.elections.size,
  committed: book.commits.tip.index,
  evidence: durable.evidence,
  executions: executions.executions,
  accepted: answers.accepted,
});
