/** Fetches chunks by their digests from all sources at once. A chunk proves itself by its digest, so any source will do. */
import { sha256Hex } from "../../crypto/digest.ts";
import type { Digest, ReplicaId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { pause } from "../loop/pause.ts";
import type { Gathering } from "./gathering.ts";

/** Interval at which timers are checked. */
const TICK_MS = 100;
/** Wait after which the chunks asked of one source are also asked of an idle one. */
const HEDGE_MS = 500;

interface Request {
  readonly digests: readonly Digest[];
  readonly askedAt: number;
  /** Settles when the answer has been processed. */
  readonly answered: Promise<void>;
  hedged: boolean;
}

/**
 * Fetches those of `digests` that are not held yet. Returns false if the sources have dropped some of them, which means that there is a
 * newer checkpoint. Throws {@linkcode NoSourceError}.
 */
export async function fetchChunks(gathering: Gathering, digests: Iterable<Digest>): Promise<boolean> {
  const over = new AbortController();
  try {
    return await new ChunkFetch(gathering, digests, AbortSignal.any([over.signal, gathering.signal])).run();
  } finally {
    over.abort();
  }
}

class ChunkFetch {
  readonly #gathering: Gathering;
  readonly #signal: AbortSignal;
  /** Digests of the chunks still missing. */
  readonly #wanted: Set<Digest>;
  /** Missing chunks that no source is being asked for. */
  readonly #free: Set<Digest>;
  readonly #total: number;
  readonly #requests = new Map<ReplicaId, Request>();
  /** Chunks each source turned out not to hold. */
  readonly #lacking = new Map<ReplicaId, Set<Digest>>();
  #failure: { readonly error: unknown } | null = null;

  constructor(gathering: Gathering, digests: Iterable<Digest>, signal: AbortSignal) {
    this.#gathering = gathering;
    this.#signal = signal;
    this.#wanted = new Set([...digests].filter((digest) => !gathering.chunks.has(digest)));
    this.#free = new Set(this.#wanted);
    this.#total = this.#wanted.size;
  }

  async run(): Promise<boolean> {
    const { ledger, signal } = this.#gathering;
    while (this.#wanted.size > 0) {
      signal.throwIfAborted();
      const ready = ledger.ready();
      for (const replica of ready) if (!this.#requests.has(replica)) this.#askIdle(replica);
      if (this.#isGone(ready)) return false;
      ledger.assertHope(`${this.#wanted.size} chunks of the snapshot`);
      await this.#turn();
      if (this.#failure !== null) throw this.#failure.error;
    }
    return true;
  }

  /** Waits for the next answer, but at most one tick. */
  async #turn(): Promise<void> {
    const over = new AbortController();
    const answers = [...this.#requests.values()].map(({ answered }) => answered);
    await Promise.race([...answers, pause(TICK_MS, AbortSignal.any([over.signal, this.#signal]))]);
    over.abort();
  }

  /** Returns whether some chunk is held by none of the sources that may be asked. */
  #isGone(ready: readonly ReplicaId[]): boolean {
    if (ready.length === 0 || ready.some((replica) => !this.#lacking.has(replica))) return false;
    return [...this.#free].some((digest) => ready.every((replica) => this.#lacking.get(replica)!.has(digest)));
  }

  /** Asks for chunks that no source was asked for; if there are none left, for those that another source is slow to give. */
  #askIdle(replica: ReplicaId): void {
    const lacking = this.#lacking.get(replica);
    const digests: Digest[] = [];
    for (const digest of this.#free) {
      if (lacking?.has(digest)) continue;
      digests.push(digest);
      if (digests.length === LIMITS.maxFetchChunks) break;
    }
    if (digests.length === 0) digests.push(...this.#slowest(lacking));
    if (digests.length === 0) return;
    for (const digest of digests) this.#free.delete(digest);
    this.#requests.set(replica, {
      ...{ digests, askedAt: performance.now(), hedged: false },
      answered: this.#ask(replica, digests).catch((error) => void (this.#failure ??= { error })),
    });
  }

  #slowest(lacking: ReadonlySet<Digest> | undefined): Digest[] {
    const due = performance.now() - HEDGE_MS;
    const request = [...this.#requests.values()].find(({ askedAt, hedged }) => !hedged && askedAt <= due);
    if (request === undefined) return [];
    request.hedged = true;
    return request.digests.filter((digest) => this.#wanted.has(digest) && !lacking?.has(digest));
  }

  async #ask(replica: ReplicaId, digests: readonly Digest[]): Promise<void> {
    const { ledger, sources } = this.#gathering;
    const chunks = await ledger.ask(replica, this.#signal, (options) => sources.chunks(replica, digests, options));
    this.#requests.delete(replica);
    if (chunks !== null) this.#take(replica, digests, chunks);
    const asked = new Set([...this.#requests.values()].flatMap((request) => request.digests));
    for (const digest of digests) if (this.#wanted.has(digest) && !asked.has(digest)) this.#free.add(digest);
  }

  #take(replica: ReplicaId, asked: readonly Digest[], chunks: readonly Uint8Array[]): void {
    const { ledger, tell } = this.#gathering;
    const given = new Map(chunks.map((bytes) => [sha256Hex(bytes), bytes]));
    const places = [...given.keys()].map((digest) => asked.indexOf(digest));
    if (given.size < chunks.length || places.some((place, i) => place <= (places[i - 1] ?? -1))) {
      return ledger.exclude(replica, `${replica} gave a chunk that it was not asked for`);
    }
    this.#note(replica, asked, given, places.at(-1) ?? asked.length);
    let bytes = 0;
    for (const [digest, chunk] of given) if (this.#keep(digest, chunk)) bytes += chunk.length;
    if (bytes > 0) ledger.gave(replica, bytes, true);
    tell("chunks", this.#total - this.#wanted.size, this.#total);
  }

  /** Notes the chunks a source does not hold: those before the last one given. Later ones may just not have fitted. */
  #note(replica: ReplicaId, asked: readonly Digest[], given: ReadonlyMap<Digest, unknown>, last: number): void {
    const missing = asked.slice(0, last).filter((digest) => !given.has(digest));
    if (missing.length === 0) return;
    const lacking = this.#lacking.get(replica) ?? new Set();
    this.#lacking.set(replica, lacking);
    for (const digest of missing) lacking.add(digest);
  }

  #keep(digest: Digest, bytes: Uint8Array): boolean {
    const { chunks, scratch } = this.#gathering;
    if (!this.#wanted.delete(digest)) return false;
    this.#free.delete(digest);
    chunks.set(digest, scratch.put(bytes));
    return true;
  }
}
