/** Chains as faulty leaders use them: whole logs, genuine or made up from some index on. */
import type { ChainedEntry, Head } from "../../../../protocol/entry.ts";
import { joinRequests } from "../../../../protocol/entry_body.ts";
import { chainEntry } from "../../../../protocol/hash_chain.ts";
import { type LogIndex, logIndex, type Term } from "../../../../protocol/ids.ts";
import type { Request } from "../../../../protocol/message.ts";
import type { Hash } from "../../../../protocol/ports.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import { hashAt, type Log } from "../../../../replica/core/log/log.ts";
import { slotIn } from "../support/slots.ts";

/** The requests of an entry; none for a no-op. */
export type Content = readonly Signed<Request>[];

/** All entries of an epoch, from the one behind its genesis on. */
export class Chain {
  readonly entries: readonly ChainedEntry[];
  readonly genesis: Head;

  constructor({ index, hash }: Head, entries: readonly ChainedEntry[]) {
    this.genesis = { index, hash };
    this.entries = entries;
  }

  /** Index of the last entry. */
  get length(): number {
    return this.genesis.index + this.entries.length;
  }

  get tip(): Head {
    return this.headAt(logIndex(this.length));
  }

  /** Returns the point at `index`, which must not lie beyond the chain; below the genesis there is none but that. */
  headAt(index: LogIndex): Head {
    const { genesis } = this;
    return index <= genesis.index ? genesis : { index, hash: this.entries[index - genesis.index - 1]!.hash };
  }

  contains({ index, hash }: Head): boolean {
    return index >= this.genesis.index && index <= this.length && this.headAt(index).hash === hash;
  }

  /** Returns the entries above `after`, at most up to `upTo`. */
  between(after: number, upTo: number): readonly ChainedEntry[] {
    const { index } = this.genesis;
    return this.entries.slice(Math.max(0, after - index), Math.max(0, upTo - index));
  }

  /** Returns the chain up to `index`. */
  upTo(index: number): Chain {
    return new Chain(this.genesis, this.between(0, index));
  }

  /** Returns this chain with `contents` after it, as entries of `term`. */
  extend(hash: Hash, term: Term, contents: readonly Content[]): Chain {
    const entries = [...this.entries];
    for (const requests of contents) {
      const previous = entries.at(-1)?.hash ?? this.genesis.hash;
      const index = logIndex(this.genesis.index + entries.length + 1);
      const entry = { index, term, body: joinRequests(requests), requests };
      entries.push(chainEntry(hash, previous, entry));
    }
    return new Chain(this.genesis, entries);
  }

  /** Returns the highest index at which this chain and `log` are the same. */
  matchOf(log: Log): LogIndex {
    let index = Math.min(this.length, log.base.index + log.entries.length);
    while (index > this.genesis.index && hashAt(log, logIndex(index)) !== this.headAt(logIndex(index)).hash) index--;
    return logIndex(Math.max(index, this.genesis.index));
  }

  /** Returns whether a request is in any entry. */
  has(request: Signed<Request>): boolean {
    const slot = slotIn(request);
    return this.entries.some(({ entry }) => entry.requests?.some((each) => slotIn(each) === slot));
  }
}
