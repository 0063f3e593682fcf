/** Honest leaders: elected, on their base, with rising rounds, without contradiction, and never again after a restart (§5.1, §6.4). */
import { sha256Hex } from "../../../../crypto/digest.ts";
import { equalBytes } from "../../../../protocol/bytes/equal_bytes.ts";
import type { Entry } from "../../../../protocol/entry.ts";
import {
  type Digest,
  type LogIndex,
  logIndex,
  type ReplicaId,
  type Round,
  type Term,
} from "../../../../protocol/ids.ts";
import type { AppendEntries, HandOver } from "../../../../protocol/message.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import { onOneChain } from "../durable/chain_tree.ts";
import { demand, type Judge } from "../judge.ts";
import { headText, pointText } from "../points.ts";
import type { SignedBook } from "./signed_book.ts";

/** Headers one replica signed as leader of the last term it led. */
interface Led {
  readonly term: Term;
  round: Round;
  body: Uint8Array;
  readonly hashes: Map<LogIndex, Digest>;
}

export class LeaderChecker {
  readonly #book: SignedBook;
  readonly #judge: Judge;
  readonly #led = new Map<ReplicaId, Led>();
  /** The last HandOver of each replica. */
  readonly #handedOver = new Map<ReplicaId, { readonly term: Term; readonly body: Uint8Array }>();
  /** Term that each replica had entered when it last started. */
  readonly #closed = new Map<ReplicaId, Term>();

  constructor(book: SignedBook, judge: Judge) {
    this.#book = book;
    this.#judge = judge;
  }

  /** Records that `at` starts, having been in `term`: it must neither campaign nor lead in that term any more. */
  restarted(at: ReplicaId, term: Term): void {
    this.#closed.set(at, term);
  }

  /** Judges a campaign of honest `from` in `term`. */
  campaigns(from: ReplicaId, term: Term): void {
    const closed = this.#closed.get(from) ?? 0;
    this.#judge.clause(term > closed, "§6.4", () => `${from} campaigns in term ${term}, entered before its restart`);
  }

  /** Judges a header that honest `from` sends with `entries`, which it may not have on its disk yet (§5.1b). */
  sent(from: ReplicaId, signed: Signed<AppendEntries>, entries: readonly Entry[]): void {
    const header = signed.message;
    for (const [i, entry] of entries.entries()) {
      this.#book.tree.learn({ entry, hash: header.entryHashes[i]!, digest: sha256Hex(entry.body) });
    }
    const closed = this.#closed.get(from) ?? 0;
    const text = () => `${from} leads in term ${header.term}`;
    this.#judge.clause(header.term > closed, "§5.1", () => `${text()}, entered before its restart`);
    const known = this.#led.get(from);
    if (known?.term !== header.term) return this.#begins(from, signed);
    if (header.round === known.round && equalBytes(signed.body, known.body)) return; // the same one to others
    this.#judge.clause(
      header.round > known.round,
      "§5.1",
      () => `${text()} round ${header.round} after ${known.round}`,
    );
    known.round = header.round;
    known.body = signed.body;
    this.#hashes(from, known, header);
  }

  /** Judges a HandOver of honest `from`: the only one of its term, of a leader of that term, to another, with a tip that is committed (§14.2). */
  handsOver(from: ReplicaId, { message, body }: Signed<HandOver>): void {
    const { term, leader, successor } = message;
    const known = this.#handedOver.get(from);
    const isFirst = known === undefined || known.term !== term || equalBytes(known.body, body);
    this.#judge.clause(isFirst, "§14.2", () => `${from} signs two HandOvers in term ${term}`);
    this.#handedOver.set(from, { term, body });
    const leads = leader === from && this.#led.get(from)?.term === term;
    this.#judge.clause(leads, "§14.2", () => `${from} hands over term ${term}, which it does not lead`);
    this.#judge.clause(successor !== from, "§14.2", () => `${from} names itself as its successor`);
    const committed = this.#book.commits.at(message.index);
    this.#judge.clause(
      committed?.hash === message.hash,
      "§14.2",
      () => `${from} hands over with ${headText(message)} on its log, which is not committed`,
    );
  }

  #begins(from: ReplicaId, { message, body }: Signed<AppendEntries>): void {
    const led: Led = { term: message.term, round: message.round, body, hashes: new Map() };
    this.#led.set(from, led);
    const elected = this.#book.votes.elections.get(message.term)?.leader === from;
    this.#judge.clause(elected, "§6.6", () => `${from} leads in term ${message.term} and was not elected`);
    this.#hashes(from, led, message);
  }

  /** §9.1: two headers of one term never give different hashes for an index; §6.6: all of them lie on one chain with the base. */
  #hashes(from: ReplicaId, { term, hashes }: Led, { prevIndex, prevHash, entryHashes }: AppendEntries): void {
    for (let i = 0; i <= entryHashes.length; i++) {
      const index = logIndex(prevIndex + i);
      const hash = i === 0 ? prevHash : entryHashes[i - 1]!;
      const known = hashes.get(index);
      if (known === hash) continue;
      demand(known === undefined, "evidence", () => `honest ${from} signs two hashes for ${index} in term ${term}`);
      hashes.set(index, hash);
    }
    const end = { index: logIndex(prevIndex + entryHashes.length), hash: entryHashes.at(-1) ?? prevHash };
    const election = this.#book.votes.elections.get(term);
    const node = this.#book.tree.get(end);
    const base = election && this.#book.tree.get(election.base);
    if (!election) return;
    this.#judge.clause(
      node !== undefined && base !== undefined && onOneChain(node, base),
      "§6.6",
      () => `${from} leads term ${term} with ${headText(end)}, away from its base ${pointText(election.base)}`,
    );
  }
}
