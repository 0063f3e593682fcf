/**
 * The last-signed guard (§4.2): a second, independent opinion on what may be signed. It knows only what was allowed before and what
 * the entries table holds, shares no state with the core, and its record is written in the very transaction that
 * makes the operations durable.
 */
import { equalBytes } from "../core/bytes.ts";
import type { Head } from "../core/entry.ts";
import type { Digest, LogIndex, Term } from "../core/ids.ts";
import { term as toTerm } from "../core/ids.ts";
import type { Vote } from "../core/message.ts";
import { GuardError } from "./port.ts";
import type { SigningIntent } from "./port.ts";

/** What was allowed to be signed last. */
export interface GuardRecord {
  /** Highest term of an allowed response, 0 before the first. */
  readonly ackTerm: Term;
  /** Highest head acked in `ackTerm`, null before the first. */
  readonly ack: Head | null;
  /** Term of the last vote, 0 before the first. */
  readonly voteTerm: Term;
  /** That vote's body, byte for byte. */
  readonly voteBody: Uint8Array | null;
}

/** The record of a replica that never signed anything. */
export const NOTHING_SIGNED: GuardRecord = { ackTerm: toTerm(0), ack: null, voteTerm: toTerm(0), voteBody: null };

/** The chain hash at an index of the log as it stands in this transaction: genesis at 0, null above the last entry. */
export type HashAt = (index: LogIndex) => Digest | null;

/**
 * The record after `intents`, checked in order; the very same object if nothing changed. Throws {@linkcode GuardError}
 * naming what was signed and what was asked for, if one of them must not be signed.
 */
export function checkIntents(record: GuardRecord, intents: readonly SigningIntent[], hashAt: HashAt): GuardRecord {
  return intents.reduce(
    (now, intent) =>
      intent.kind === "vote"
        ? checkVote(now, intent.vote, intent.body)
        : checkAcks(now, intent.term, intent.heads, hashAt),
    record,
  );
}

/** §4.3: nothing of a term below the highest one signed in. */
function checkTerm(record: GuardRecord, term: Term, asked: string): void {
  const highest = Math.max(record.ackTerm, record.voteTerm);
  if (term < highest) {
    throw new GuardError(`Refused to sign ${asked}: ${describe(record)}, and nothing below term ${highest} (§4.3)`);
  }
}

function checkAcks(record: GuardRecord, term: Term, heads: readonly Head[], hashAt: HashAt): GuardRecord {
  checkTerm(record, term, `a response of term ${term}`);
  const last = term === record.ackTerm ? record.ack : null;
  if (heads.length > 0 && last !== null && hashAt(last.index) !== last.hash) {
    throw new GuardError(
      `Refused to sign acks of ${headsText(heads)} in term ${term}: ${describe(record)}, and the log ` +
        `holds ${hashAt(last.index) ?? "nothing"} at index ${last.index} (§4.2)`,
    );
  }
  for (const head of heads) checkHead(record, term, head, hashAt);
  const ack = heads.reduce((top, head) => (top === null || head.index > top.index ? head : top), last);
  if (term === record.ackTerm && ack === record.ack) return record;
  return { ...record, ackTerm: term, ack };
}

/** The log passes through the last ack, so a head on the log is above that ack on its chain, or below it on its chain. */
function checkHead(record: GuardRecord, term: Term, head: Head, hashAt: HashAt): void {
  const held = hashAt(head.index);
  if (held === head.hash) return;
  throw new GuardError(
    `Refused to sign an ack of ${headText(head)} in term ${term}: the log holds ${held ?? "nothing"} at index ` +
      `${head.index}; ${describe(record)} (§4.2)`,
  );
}

function checkVote(record: GuardRecord, vote: Vote, body: Uint8Array): GuardRecord {
  const asked = `a vote of term ${vote.term} for ${vote.candidate} on base (${vote.base.term}, ${vote.base.index})`;
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

const headText = (head: Head): string => `(${head.index}, ${head.hash})`;
const headsText = (heads: readonly Head[]): string => heads.map(headText).join(", ");

function describe(record: GuardRecord): string {
  const acked = record.ackTerm === 0
    ? "no response was signed"
    : `the last response signed is of term ${record.ackTerm}, acking ${record.ack ? headText(record.ack) : "nothing"}`;
  const voted = record.voteTerm === 0 ? "no vote was signed" : `the last vote signed is of term ${record.voteTerm}`;
  return `${acked}; ${voted}`;
}
