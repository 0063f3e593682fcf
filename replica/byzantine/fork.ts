/** A second chain of one term that a faulty leader shows in place of its honest core's. */
import type { ChainedEntry, Entry } from "../../protocol/entry.ts";
import { chainEntry } from "../../protocol/hash_chain.ts";
import { type Digest, type LogIndex, offset, type Term } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { AppendEntriesResponse } from "../../protocol/message.ts";
import type { UnsignedPacketOf } from "../../protocol/packet.ts";
import type { Hash } from "../../protocol/ports.ts";

type Packet = UnsignedPacketOf<"AppendEntries">;

export class Fork {
  readonly #hash: Hash;
  readonly #alternative: (entry: Entry) => Entry;
  readonly #chained = new Map<LogIndex, ChainedEntry>();
  #term = 0 as Term;

  /** `alternative` returns the entry to put in place of an honest one; the same entry if there is no other. */
  constructor(hash: Hash, alternative: (entry: Entry) => Entry) {
    this.#hash = hash;
    this.#alternative = alternative;
  }

  /** The term it was last extended in. */
  get term(): Term {
    return this.#term;
  }

  /** True if nothing is forked in its term so far. */
  get empty(): boolean {
    return this.#chained.size === 0;
  }

  /** Follows the honest core's chain: the entries it sends as leader are forked too. A new term begins a new fork. */
  extend({ signed: header, entries }: Packet): void {
    if (header.term !== this.#term) this.#chained.clear();
    this.#term = header.term;
    let previous = this.#chained.get(header.prevIndex)?.hash ?? header.prevHash;
    for (const [i, entry] of entries.entries()) {
      const known = this.#chained.get(entry.index);
      const forked = this.#chained.has(offset(entry.index, -1));
      const chained = known ?? chainEntry(this.#hash, previous, this.#alternative(entry));
      if (known === undefined && (forked || chained.hash !== header.entryHashes[i])) {
        this.#chained.set(entry.index, chained);
      }
      previous = chained.hash;
    }
    for (const index of this.#chained.keys()) if (index < header.commitIndex) this.#chained.delete(index);
  }

  /** Returns the packet with the fork's entries and hashes; null if they exceed one packet. */
  forge(packet: Packet): Packet | null {
    const header = packet.signed;
    const entryHashes: Digest[] = header.entryHashes.map((hash, i) =>
      this.#chained.get(offset(header.prevIndex, i + 1))?.hash ?? hash
    );
    const prevHash = this.#chained.get(header.prevIndex)?.hash ?? header.prevHash;
    const entries = packet.entries.map((entry) => this.#chained.get(entry.index)?.entry ?? entry);
    if (entries.reduce((sum, { body }) => sum + body.length, 0) > LIMITS.maxAppendBytes) return null;
    return { ...packet, signed: { ...header, prevHash, entryHashes }, entries };
  }

  /** Returns the response with the fork's acks; null if it acks nothing that is forked. */
  ack(response: AppendEntriesResponse): AppendEntriesResponse | null {
    if (response.term !== this.#term || !response.acks.some(({ index }) => this.#chained.has(index))) return null;
    const acks = response.acks.map((ack) => ({
      index: ack.index,
      hash: this.#chained.get(ack.index)?.hash ?? ack.hash,
    }));
    return { ...response, acks };
  }
}
