/** Checks of every honest replica's disk between transactions, and of what must be on it when something signed is sent (I8). */
import { equalBytes } from "../../../../protocol/bytes/equal_bytes.ts";
import type { Head } from "../../../../protocol/entry.ts";
import type { ReplicaId } from "../../../../protocol/ids.ts";
import type { AppendEntriesResponse, RequestVote, Vote } from "../../../../protocol/message.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import type { MemoryDisk } from "../../../../replica/storage/memory/memory_disk.ts";
import { demand } from "../judge.ts";
import { headText, pointText, ranksBelow, samePoint } from "../points.ts";
import type { SignedBook } from "../signed/signed_book.ts";

/** Returns whether `head` lies on the log of `disk`, or on the committed chain at or below the log's base. */
export function holds(disk: MemoryDisk, { tree, commits }: SignedBook, { index, hash }: Head): boolean {
  const base = disk.base ?? tree.origin;
  if (index > base.index) return disk.entryAt(index)?.hash === hash;
  return (index === base.index ? base.hash : commits.at(index)?.hash) === hash;
}

/**
 * Checks that the log holds the committed entries and, unless §8.1 replaced them, the acked ones; prepared entries are on it or kept aside
 * (§6.8).
 */
export function checkDisk(at: ReplicaId, disk: MemoryDisk, book: SignedBook): void {
  const { hardState: { ack, noMoreAcks }, prepared, branch, commitIndex } = disk;
  const committed = book.commits.at(commitIndex);
  demand(
    committed !== undefined && holds(disk, book, committed),
    "I5",
    () => `${at} does not hold ${committed ? headText(committed) : commitIndex}, which is committed`,
  );
  demand(
    ack === null || noMoreAcks || holds(disk, book, ack),
    "I2",
    () => `${at} replaced entries that it acked in this term, up to ${headText(ack!)}`,
  );
  const aside = branch[0]?.entry.index ?? Infinity;
  demand(
    aside > (disk.base?.index ?? 0),
    "I5",
    () =>
      `${at} keeps entries aside from ${aside} on, and its log begins behind ${disk.base?.index}: they hang on nothing`,
  );
  if (prepared === null || prepared.index <= commitIndex || holds(disk, book, prepared)) return;
  demand(
    branch.at(-1)?.hash === prepared.hash,
    "I8",
    () => `${at} no longer holds the entries under its highest certificate ${pointText(prepared)} (§6.8)`,
  );
}

/** I8 for acks, the prepared report and the commit index. */
export function checkResponse(
  at: ReplicaId,
  disk: MemoryDisk,
  book: SignedBook,
  response: AppendEntriesResponse,
): void {
  const { term, acks, prepared, commitIndex, commitHash } = response;
  const { guard, hardState } = disk;
  const last = acks.at(-1);
  for (const ack of acks) {
    demand(holds(disk, book, ack), "I8", () => `${at} acks ${headText(ack)} in term ${term} and does not hold it`);
  }
  if (last) {
    const durable = hardState.ack !== null && sameHead(hardState.ack, last);
    demand(durable, "I8", () => `${at} acks ${headText(last)} in term ${term}, which is not its durable ack`);
    const guarded = guard.ackTerm === term && guard.ack !== null && sameHead(guard.ack, last);
    demand(guarded, "I8", () => `${at} acks ${headText(last)} in term ${term}, which its guard never allowed`);
  }
  const commit = { index: commitIndex, hash: commitHash };
  demand(
    commitIndex <= disk.commitIndex && holds(disk, book, commit),
    "I8",
    () => `${at} shows ${headText(commit)} as committed, its disk ${disk.commitIndex}`,
  );
  if (prepared.term === 0) return;
  const held = disk.prepared;
  demand(
    held !== null && (ranksBelow(prepared, held) || samePoint(prepared, held)),
    "I8",
    () => `${at} reports ${pointText(prepared)}, its disk holds ${held ? pointText(held) : "nothing"}`,
  );
}

/** I8 for a vote: it is in the durable record, and its very bytes in the guard's. */
export function checkVote(at: ReplicaId, disk: MemoryDisk, { message, body }: Signed<Vote>): void {
  checkCandidacy(at, disk, message);
  const { guard } = disk;
  const guarded = guard.voteTerm === message.term && guard.voteBody !== null && equalBytes(guard.voteBody, body);
  demand(guarded, "I8", () => `${at} votes in term ${message.term} what its guard never allowed`);
}

/** I8 for a candidacy, which is a vote for oneself (§6.4). */
export function checkCandidacy(at: ReplicaId, disk: MemoryDisk, message: Vote | RequestVote): void {
  const { currentTerm, vote } = disk.hardState;
  const { term, candidate, base } = message;
  const durable = currentTerm === term && vote !== null && vote.candidate === candidate && samePoint(vote.base, base);
  demand(durable, "I8", () => `${at} signs a ${message.kind} of term ${term} that is not durable`);
}

const sameHead = (a: Head, b: Head): boolean => a.index === b.index && a.hash === b.hash;
