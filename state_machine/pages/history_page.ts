/** A page of the history: events of revisions in a row, as `u64 first revision`, then the events, one behind the other. */
import { sha256Hex } from "../../crypto/digest.ts";
import { ByteReader } from "../../protocol/bytes/byte_reader.ts";
import { ByteWriter } from "../../protocol/bytes/byte_writer.ts";
import type { Digest } from "../../protocol/ids.ts";
import { eventBytes, type KvChange, readEvent, writeEvent } from "../kv_change.ts";
import { KV_LIMITS } from "../kv_limits.ts";

const FIRST_REVISION_BYTES = 8;

/** Events of ascending revisions without a gap. Only `History` adds to a page, and to none that a frozen view holds. */
export class HistoryPage {
  /** Revision of the first event. */
  readonly first: number;
  readonly #events: (readonly KvChange[])[];
  #bytes: number;
  #digest: Digest | null;

  /** `events` belong to the page from now on; `bytes` is the length of the encoding; `digest` is its digest, if known. */
  constructor(first: number, events: (readonly KvChange[])[], bytes: number, digest: Digest | null = null) {
    this.first = first;
    this.#events = events;
    this.#bytes = bytes;
    this.#digest = digest;
  }

  /** Returns a page of one event. */
  static of(revision: number, changes: readonly KvChange[]): HistoryPage {
    return new HistoryPage(revision, [changes], FIRST_REVISION_BYTES + eventBytes(changes));
  }

  /** Revision of the last event. */
  get last(): number {
    return this.first + this.#events.length - 1;
  }

  /** Length of the encoding. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True if the digest is known, so that asking for it costs nothing. */
  get isDigested(): boolean {
    return this.#digest !== null;
  }

  /** SHA-256 of the encoding; computed when first asked for after a change. */
  get digest(): Digest {
    if (this.#digest === null) this.encodeDigested();
    return this.#digest!;
  }

  /** Returns the event of a revision from `first` to `last`. */
  event(revision: number): readonly KvChange[] {
    return this.#events[revision - this.first]!;
  }

  /** Returns whether an event of `bytes` bytes still belongs into this page, and not into one behind it. */
  takes(bytes: number): boolean {
    return this.#bytes + bytes <= KV_LIMITS.maxPageBytes;
  }

  /** Adds the event of the next revision. */
  push(changes: readonly KvChange[], bytes: number): void {
    this.#events.push(changes);
    this.#bytes += bytes;
    this.#digest = null;
  }

  /** Returns a separate page with the same events. */
  copy(): HistoryPage {
    return new HistoryPage(this.first, this.#events.slice(), this.#bytes);
  }

  /** Returns the encoding, and remembers its digest. */
  encodeDigested(): Uint8Array {
    const bytes = this.encode();
    this.#digest = sha256Hex(bytes);
    return bytes;
  }

  /** Returns the page's canonical bytes, made anew. */
  encode(): Uint8Array {
    const writer = new ByteWriter(this.#bytes).u64(this.first);
    for (const event of this.#events) writeEvent(writer, event);
    return writer.finish();
  }
}

/**
 * Returns the page in `bytes`, whose SHA-256 digest is `digest`. Throws a RangeError that says what is wrong unless they are exactly what `encode`
 * makes of a page with at least one event, and as many as a page holds at most.
 */
export function decodeHistoryPage(bytes: Uint8Array, digest: Digest): HistoryPage {
  const reader = new ByteReader(bytes);
  const first = reader.u64();
  const events: (readonly KvChange[])[] = [];
  while (reader.more) events.push(readEvent(reader));
  if (!reader.done) {
    throw new RangeError(`ends inside an event or holds a malformed one, behind ${events.length - 1} good ones`);
  }
  if (events.length === 0 || first === 0) throw new RangeError("holds no event, or one of revision 0");
  if (events.length > 1 && bytes.length > KV_LIMITS.maxPageBytes) {
    throw new RangeError(
      `has ${bytes.length} bytes in ${events.length} events, at most ${KV_LIMITS.maxPageBytes} are allowed to more than one`,
    );
  }
  return new HistoryPage(first, events, bytes.length, digest);
}
