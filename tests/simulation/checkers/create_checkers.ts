/** Combines all checkers into one observer. */
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { MemoryDisk } from "../../../replica/storage/memory/memory_disk.ts";
import type { Observer, RunFacts } from "../observer.ts";
import { EpochChecker } from "./epochs/epoch_checker.ts";
import type { EpochParts, SharedBooks } from "./epochs/epoch_parts.ts";
import { ExecutionChecker } from "./execution/execution_checker.ts";
import { ReferenceState } from "./execution/reference_state.ts";
import { ReplayChecker } from "./execution/replay_checker.ts";
import { RequestBook } from "./execution/request_book.ts";
import { SettlingChecker } from "./execution/settling_checker.ts";
import { failureOf } from "./failure.ts";
import { Judge } from "./judge.ts";

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
  const { epochs, requests, executions } = parts;
  const seen = { packets: 0, crashes: 0 };
  const honest = (id: ReplicaId) => !facts.byzantine.has(id);
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
    // Judged by true time, in `time_demands.ts`.
    timed() {},
    leased() {},
    requested: (request) => requests.requested(request),
    invoked: (client, command, repeatable) => requests.invoked(client, command, repeatable),
    accepted: (client, answer, _, epoch) => epochs.in(epoch ?? 1, client).answers.acceptedBy(client, answer),
    read: (client, by, _, epoch) => epochs.in(epoch ?? 1, client).answers.readBy(client, by),
    finish() {
      for (const { answers } of epochs.all) answers.finish();
    },
    get counts() {
      return { ...seen, ...countsOf(epochs.all, executions) };
    },
  };
}

type Parts = ReturnType<typeof partsOf>;

function partsOf(facts: RunFacts, options: CheckerOptions) {
  const judge = new Judge(options.clauses ?? true);
  const requests = new RequestBook();
  const epochs: EpochChecker = new EpochChecker(facts, judge, () => shared);
  const { committedAt } = epochs;
  const reference = new ReferenceState(facts, committedAt);
  // What clients are told may rest on a commit that the disk has yet to learn of (§4.1), unless there are fast reads (§7.4).
  const mayApply = (at: ReplicaId) => {
    const { facts: { fastReads }, durable, book } = epochs.of(at);
    return fastReads ? durable.commitIndexOf(at) : Math.max(durable.commitIndexOf(at), book.commits.tip.index);
  };
  const executions = new ExecutionChecker(requests, reference, mayApply);
  const shared: SharedBooks = { judge, requests, executions, reference, committedAt };
  const settling = new SettlingChecker(judge, executions);
  const replays = new ReplayChecker(judge);
  return { epochs, requests, executions, settling, replays };
}

/** Returns the checks that every honest replica must pass during the run. */
function ofHonest(honest: (id: ReplicaId) => boolean, parts: Parts) {
  const { epochs, executions, replays } = parts;
  return {
    started(at, disk) {
      if (!honest(at)) return;
      epochs.started(at, disk);
      const { durable, checkpoints, recoveries, signing, offices } = epochs.of(at);
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
      epochs.wiped(at);
      for (const { durable, recoveries } of epochs.all) {
        durable.wiped(at);
        recoveries.wiped(at);
      }
    },
    restored(at, view) {
      if (!honest(at)) return;
      epochs.of(at).checkpoints.restored(at, view);
      executions.restored(at, view.appliedIndex);
      replays.applied(at, view.appliedIndex);
    },
    persisted(at, operations, disk) {
      if (!honest(at)) return;
      const beginning = operations.find((operation) => operation.op === "begin-epoch");
      if (beginning !== undefined) return epochs.begins(at, beginning, disk);
      const { durable, checkpoints, recoveries } = epochs.of(at);
      durable.persisted(at, operations, disk);
      checkpoints.persisted(at, operations, disk);
      recoveries.persisted(at, operations, disk);
    },
    event: (at, event, now) => honest(at) && epochs.of(at).offices.event(at, event, now),
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
      epochs.of(at).answers.replied(at, reply);
    },
  } satisfies Observer;
}

function sentBy({ epochs, settling }: Parts, from: ReplicaId, packet: Packet, disk: MemoryDisk, now: Millis): void {
  const parts = epochs.sent(from, packet, disk);
  if (parts === null) return;
  const { recoveries, signing, offices, checkpoints } = parts;
  recoveries.sent(from, packet, disk);
  signing.sent(from, packet, disk);
  offices.sent(from, packet, now);
  settling.sent(from, packet);
  if (packet.kind === "Checkpoint") checkpoints.signed(from, packet.signed.message, disk);
  const shown = packet.kind === "FetchEntriesResponse" ? packet.checkpoint : null;
  if (shown !== null) checkpoints.proof(from, shown);
}

function countsOf(epochs: readonly EpochParts[], { executions }: ExecutionChecker) {
  const sum = (count: (parts: EpochParts) => number) => epochs.reduce((total, parts) => total + count(parts), 0);
  return {
    entries: sum(({ book }) => book.tree.size),
    certificates: sum(({ book }) => book.acks.certificates),
    elections: sum(({ book }) => book.votes.elections.size),
    committed: epochs.at(-1)!.book.commits.tip.index,
    evidence: sum(({ durable }) => durable.evidence),
    executions,
    accepted: sum(({ answers }) => answers.accepted),
  };
}
