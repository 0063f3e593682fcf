/**
 * The last-signed guard (§4.2): a second, independent check of what may be signed. It knows only what was allowed before and what the
 * entries table holds, shares no state with the core, and its record is written in the very transaction that makes the operations durable.
 */
import { equalBytes } from "../../protocol/bytes/equal_bytes.ts";
import type { Head } from "../../protocol/entry.ts";
import type { Digest, LogIndex, Term } from "../../protocol/ids.ts";
import { term as toTerm } from "../../protocol/ids.ts";
import type { Vote } from "../../protocol/message.ts";
import { GuardError } from "./port.ts";
import type { SigningIntent } from "./port.ts";

/** The last signatures that the guard allowed. */
export interface GuardRecord {
  /** Highest term of an allowed response, 0 before the first. */
  readonly ackTerm: Term;
  /** Highest head acked in `ackTerm`, null before the first. */
  readonly ack: Head | null;
  /**
   * True if the log passed through `ack` when its base moved past it. It then passes through it forever: bases are committed, so each lies
   * on the chain through the one before.
   */
  readonly ackSettled: boolean;
  /** Term of the last vote, 0 before the first. */
  readonly voteTerm: Term;
  /** That vote's body, byte for byte. */
  readonly voteBody: Uint8Array | null;
  /** Highest term that may have been signed in on a disk that was lost (§8.4): nothing is signed in it or below. */
  readonly bar: Term;
}

/** The record of a replica that never signed anything. */
export const NOTHING_SIGNED: GuardRecord = {
  ackTerm: toTerm(0),
  ack: null,
  ackSettled: false,
  voteTerm: toTerm(0),
  voteBody: null,
  bar: toTerm(0),
};

/** The guard's view of the disk besides its record, as of the end of the transaction. */
export interface GuardView {
  /** The epoch that the disk is in: all that the record holds is of it. */
  readonly epoch: number;
  /** Index of the point after which the log begins. */
  readonly baseIndex: LogIndex;
  /** Returns the chain hash at an index of the log, its base included; null below the base and above the last entry. */
  hashAt(index: LogIndex): Digest | null;
  /** True while this replica, which lost its disk, does not know yet what it has signed (§8.4). */
  readonly recovering: boolean;
}

/**
 * Returns the record after `intents`, checked in order; the very same object if nothing changed. Throws {@linkcode GuardError} naming what
 * was signed and what was asked for if one of them must not be signed.
 */
export function checkIntents(record: GuardRecord, intents: readonly SigningIntent[], view: GuardView): GuardRecord {
  return intents.reduce((now, intent) => checkIntent(now, intent, view), record);
}

function checkIntent(record: GuardRecord, intent: SigningIntent, view: GuardView): GuardRecord {
  checkEpoch(view, intent);
  switch (intent.kind) {
    case "vote":
      return checkVote(record, intent.vote, intent.body, view);
    case "acks":
      return checkAcks(record, intent.term, intent.heads, view);
    case "checkpoint":
      return record;
  }
}

/**
 * Returns the record after the log's base has moved to `base`, computed while `hashAt` still gives the log before. `settled` is the highest
 * index whose point on that log is certain to lie on the chain of the new base. An ack that is not on the log is left unsettled, and no
 * further ack is allowed in its term: points below a base cannot be looked up.
 */
export function moveBase(
  record: GuardRecord,
  base: LogIndex,
  settled: LogIndex,
  hashAt: GuardView["hashAt"],
): GuardRecord {
  const { ack, ackSettled } = record;
  if (ack === null || ackSettled || ack.index >= base || ack.index > settled) return record;
  return hashAt(ack.index) === ack.hash ? { ...record, ackSettled: true } : record;
}

/** Returns the record after a recovery that found `bar` has ended (§8.4). */
export const raiseBar = (record: GuardRecord, bar: Term): GuardRecord => bar > record.bar ? { ...record, bar } : record;

/** §13.7: of an epoch that this disk has left nothing is signed any more, and of one that it has not begun nothing yet. */
function checkEpoch({ epoch }: GuardView, intent: SigningIntent): void {
  if (intent.epoch === epoch) return;
  throw new GuardError(
    `Refused to sign for epoch ${intent.epoch} (${intent.kind}): this disk is in epoch ${epoch} (§13.7)`,
  );
}

/** §4.3: refuses terms below the highest one signed in; §8.4: and those that may have been signed in before the disk was lost. */
function checkTerm(record: GuardRecord, term: Term, asked: string): void {
  const highest = Math.max(record.ackTerm, record.voteTerm);
  if (term < highest) {
    throw new GuardError(`Refused to sign ${asked}: ${describe(record)}, and nothing below term ${highest} (§4.3)`);
  }
  if (record.bar > 0 && term <= record.bar) {
    throw new GuardError(
      `Refused to sign ${asked}: what this replica signed up to term ${record.bar} was lost with its disk (§8.4)`,
    );
  }
}

function checkRecovered({ recovering }: GuardView, asked: string): void {
  if (!recovering) return;
  throw new GuardError(
    `Refused to sign ${asked}: this replica lost its disk and does not know yet what it has signed (§8.4)`,
  );
}

function checkAcks(record: GuardRecord, term: Term, heads: readonly Head[], view: GuardView): GuardRecord {
  const last = term === record.ackTerm ? record.ack : null;
  checkRecovered(view, `a response of term ${term}`);
  checkTerm(record, term, `a response of term ${term}`);
  if (heads.length > 0 && last !== null && !passesThrough(last, record.ackSettled, view)) {
    throw new GuardError(
      `Refused to sign acks of ${headsText(heads)} in term ${term}: ${describe(record)}, and the log ` +
        `holds ${held(view, last.index)} (§4.2)`,
    );
  }
  for (const head of heads) if (!sameHead(head, last)) checkHead(record, term, head, view);
  const ack = heads.reduce((top, head) => (top === null || head.index > top.index ? head : top), last);
  if (term === record.ackTerm && ack === record.ack) return record;
  return { ...record, ackTerm: term, ack, ackSettled: ack === last && record.ackSettled };
}

/** Returns whether the log passes through the last ack; below the base only what was settled as the base moved past it is known. */
const passesThrough = (last: Head, settled: boolean, { baseIndex, hashAt }: GuardView): boolean =>
  last.index < baseIndex ? settled : hashAt(last.index) === last.hash;

/** The log passes through the last ack, so a head on the log is above that ack on its chain, or below it on its chain. */
function checkHead(record: GuardRecord, term: Term, head: Head, view: GuardView): void {
  if (view.hashAt(head.index) === head.hash) return;
  throw new GuardError(
    `Refused to sign an ack of ${headText(head)} in term ${term}: the log holds ${held(view, head.index)}; ` +
      `${describe(record)} (§4.2)`,
  );
}

function checkVote(record: GuardRecord, vote: Vote, body: Uint8Array, view: GuardView): GuardRecord {
  const asked = `a vote of term ${vote.term} for ${vote.candidate} on base (${vote.base.term}, ${vote.base.index})`;
  checkRecovered(view, asked);
  checkTerm(record, vote.term, asked);
  if (vote.term !== record.voteTerm || record.voteBody === null) {
    return { ...record, voteTerm: vote.term, voteBody: body.slice() };
  }
  if (equalBytes(record.voteBody, body)) return record;
  throw new GuardError(
    `Refused to sign ${asked} (${body.toHex()}): the vote of term ${vote.term} already signed is other bytes ` +
      `(${record.voteBody.toHex()}) (§4.2)`,
  );
}

const sameHead = (a: Head, b: Head | null): boolean => b !== null && a.index === b.index && a.hash === b.hash;
const headText = (head: Head): string => `(${head.index}, ${head.hash})`;
const headsText = (heads: readonly Head[]): string => heads.map(headText).join(", ");

const held = ({ baseIndex, hashAt }: GuardView, index: LogIndex): string =>
  `${hashAt(index) ?? "nothing"} at index ${index}${index < baseIndex ? `, which is below its base ${baseIndex}` : ""}`;

function describe(record: GuardRecord): string {
  const acked = record.ackTerm === 0
    ? "no response was signed"
    : `the last response signed is of term ${record.ackTerm}, acking ${record.ack ? headText(record.ack) : "nothing"}`;
  const voted = record.voteTerm === 0 ? "no vote was signed" : `the last vote signed is of term ${record.voteTerm}`;
  return `${acked}; ${voted}`;
}
