/** Counters by kind with a bounded number of kinds, for the status. */

/** The kind that counts all kinds after the last free one. */
const OVERFLOW = "other";

export class TallyByKind {
  readonly #counts = new Map<string, number>();
  readonly #maxKinds: number;

  /** Counts at most `maxKinds` kinds separately, `other` included. */
  constructor(maxKinds: number) {
    this.#maxKinds = maxKinds;
  }

  add(kind: string): void {
    const known = this.#counts.has(kind) || this.#counts.size < this.#maxKinds - 1;
    const key = known ? kind : OVERFLOW;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** Returns the count of `kind`; 0 if it was never counted, or among the others. */
  count(kind: string): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** Returns all counts so far, by kind in alphabetical order. */
  toRecord(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => a < b ? -1 : 1));
  }
}
