/** I8: nothing signed leaves before what it rests on is durable. Tracks what was committed and checks what is about to be signed. */
import type { Genesis } from "../../protocol/config.ts";
import type { LogIndex } from "../../protocol/ids.ts";
import { assertInvariant } from "../../protocol/invariant.ts";
import type { Certified } from "../../protocol/message.ts";
import type { UnsignedPacket } from "../../protocol/packet.ts";
import { compareRank, sameCertified } from "../../protocol/rank.ts";
import { learnerMaySign } from "../core/learner.ts";
import type { BeginEpoch, HardState, PersistOperation } from "../core/log/durable_state.ts";
import { lastIndex } from "../core/log/log.ts";
import type { CoreState } from "../core/state.ts";
import type { Storage } from "../storage/port.ts";

/** The state that the disk is known to hold. */
export interface DurableMark {
  /** The epoch of the core, and of all below. */
  readonly epoch: number;
  /**
   * The genesis of the epoch that the disk was asked to begin ({@linkcode beginEpoch}): of uncertain fate if it refused (§13.7). Null as long as this core
   * may sign.
   */
  crossing: Genesis | null;
  hard: HardState;
  last: LogIndex;
  prepared: Certified;
  commitIndex: LogIndex;
}

/** Returns the mark of a core that has just been started from its disk. */
export const createDurableMark = (state: CoreState): DurableMark => ({
  epoch: state.genesis.epoch,
  crossing: null,
  hard: state.hard,
  last: lastIndex(state.log),
  prepared: state.prepared,
  commitIndex: state.commitIndex,
});

/** Begins an epoch on the disk of a core that has ended (§13.7). If the disk refuses, `mark` says that it may have taken it all the same. */
export function beginEpoch(storage: Pick<Storage, "commit">, mark: DurableMark, operation: BeginEpoch): void {
  mark.crossing = operation.genesis;
  storage.commit([operation], []);
}

/** Records that these operations are durable. */
export function markDurable(mark: DurableMark, operations: readonly PersistOperation[]): void {
  for (const operation of operations) {
    switch (operation.op) {
      case "hard-state":
        mark.hard = operation.state;
        break;
      case "append":
        mark.last = operation.entries.at(-1)?.entry.index ?? mark.last;
        break;
      case "truncate":
        mark.last = operation.after;
        break;
      case "prepared":
        mark.prepared = operation.certificate;
        break;
      case "commit":
        mark.commitIndex = operation.index;
        break;
      case "restart-log":
        mark.last = operation.base.index;
        break;
      case "evidence":
      case "compact":
      case "chunks":
      case "drop-chunks":
      case "checkpoint":
      case "transfer":
        break;
      case "begin-epoch":
        mark.crossing = operation.genesis;
        break;
      default:
        operation satisfies never;
    }
  }
}

/**
 * Returns whether `packet` may leave while the transaction that it came with is on its way to the disk: an AppendEntries of a term that is durable. A leader
 * that forgets the entry in it does not lead that term again (§5.1b, §5.1c), and nobody takes its word that it keeps it: that is its ack.
 */
export const leavesAhead = ({ crossing, hard }: DurableMark, packet: UnsignedPacket): boolean =>
  crossing === null && packet.kind === "AppendEntries" && packet.signed.term <= hard.currentTerm;

/**
 * Throws InvariantError if signing `packet` now would promise what a crash could undo. The storage, which knows the chunks held, ensures
 * that a Checkpoint's snapshot is durable.
 */
export function assertDurable(mark: DurableMark, packet: UnsignedPacket): void {
  const { epoch, crossing, hard, last, prepared, commitIndex } = mark;
  assertInvariant(crossing === null, "I8", `a ${packet.kind} of epoch ${epoch}, which this replica left (§13.7)`);
  assertKnowsItsPast(hard, packet);
  switch (packet.kind) {
    case "AppendEntries": {
      const { term, prevIndex, entryHashes } = packet.signed;
      return hold(term <= hard.currentTerm && prevIndex + entryHashes.length <= last, "an AppendEntries");
    }
    case "AppendEntriesResponse": {
      const { term, acks } = packet.signed;
      const acked = acks.at(-1);
      hold(term <= hard.currentTerm && packet.signed.commitIndex <= commitIndex, "a response");
      hold(acked === undefined || (hard.ack !== null && acked.index <= hard.ack.index), "an ack");
      return hold(compareRank(packet.signed.prepared, prepared) <= 0, "a prepared report");
    }
    case "RequestVote":
      return hold(packet.signed.term <= hard.currentTerm, "a candidacy");
    case "Vote": {
      const { vote } = hard;
      const { term, candidate, base } = packet.signed;
      const durable = vote !== null && vote.candidate === candidate && sameCertified(vote.base, base);
      return hold(term === hard.currentTerm && durable, "a vote");
    }
    case "PreVote":
      return hold(packet.signed.term <= hard.preVoted, "a PreVote");
    case "Checkpoint":
      return hold(packet.signed.index <= commitIndex, "a Checkpoint");
    case "RollCallAnswer":
      // The terms this replica took part in are the named one and lower ones: it must not forget the highest.
      return hold(packet.signed.term <= Math.max(hard.currentTerm, hard.preVoted), "an answer to a roll call");
    default:
      return;
  }
}

/** ⚠ §8.4: a replica that lost its disk says nothing that could contradict, or add to, what it signed before. */
function assertKnowsItsPast({ recovery }: HardState, { kind }: UnsignedPacket): void {
  hold(recovery === null || learnerMaySign(kind), `a learner's ${kind}`);
}

const hold = (durable: boolean, what: string): void =>
  assertInvariant(durable, "I8", `${what} was about to be signed before what it rests on was durable`);
