/**
 * A board in shared memory on which one thread posts signatures to be checked and several check them, each place by whoever takes it first. A place's state
 * names the batch it belongs to, so that what a late thread says of an earlier batch counts for nothing.
 */
import { DIGEST_BYTES, SIGNATURE_BYTES } from "../../../protocol/bytes/sizes.ts";
import { type Claim, PUBLIC_KEY_BYTES } from "../backend.ts";

/** Signatures on the board at a time: what is posted beyond is left to who posts. */
export const MAX_POSTED = 128;
const PLACE_BYTES = SIGNATURE_BYTES + DIGEST_BYTES + PUBLIC_KEY_BYTES;

/** Words of control: the number of the batch, how many it has, and then the state of each place. */
const BATCH = 0;
const COUNT = 1;
const STATES = 2;
const WORDS = STATES + MAX_POSTED;

/** States of a place, beside the number of its batch. */
const STATE_BITS = 2;
const OPEN = 0;
const TAKEN = 1;
const HOLDS = 2;
const FAILS = 3;
const MAX_BATCH = 2 ** 28;

/** Looks at a state this often before the thread goes to sleep over it: about the time that it takes to check a signature. */
const SPINS = 2000;

export class ClaimsBoard {
  readonly memory: SharedArrayBuffer;
  readonly #control: Int32Array;
  readonly #bytes: Uint8Array;

  /** Makes a board, or opens one in another thread's `memory`. */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4 * WORDS + MAX_POSTED * PLACE_BYTES)) {
    this.memory = memory;
    this.#control = new Int32Array(memory, 0, WORDS);
    this.#bytes = new Uint8Array(memory, 4 * WORDS);
  }

  /** Number of the batch on the board. */
  get batch(): number {
    return Atomics.load(this.#control, BATCH);
  }

  /** Places of that batch. */
  get count(): number {
    return Atomics.load(this.#control, COUNT);
  }

  /** Posts a batch in place of the one before, and wakes who waits for it. Throws `RangeError` on more than {@linkcode MAX_POSTED}. */
  post(claims: readonly Claim[]): void {
    if (claims.length > MAX_POSTED) throw new RangeError(`given ${claims.length} claims, wanted at most ${MAX_POSTED}`);
    const batch = (this.batch + 1) % MAX_BATCH;
    for (const [place, { signature, digest, publicKey }] of claims.entries()) {
      const at = place * PLACE_BYTES;
      this.#bytes.set(signature, at);
      this.#bytes.set(digest, at + SIGNATURE_BYTES);
      this.#bytes.set(publicKey, at + SIGNATURE_BYTES + DIGEST_BYTES);
      Atomics.store(this.#control, STATES + place, stateOf(batch, OPEN));
    }
    Atomics.store(this.#control, COUNT, claims.length);
    Atomics.store(this.#control, BATCH, batch);
    Atomics.notify(this.#control, BATCH);
  }

  /** Waits until there is another batch than `seen`, and returns its number. */
  awaitBatch(seen: number): number {
    Atomics.wait(this.#control, BATCH, seen);
    return this.batch;
  }

  /** Takes a place of `batch`, for its taker alone to check. Returns false if another has it, or the batch is gone. */
  take(batch: number, place: number): boolean {
    const open = stateOf(batch, OPEN);
    return Atomics.compareExchange(this.#control, STATES + place, open, stateOf(batch, TAKEN)) === open;
  }

  /** Returns a copy of what stands at a place that was taken. */
  claimAt(place: number): Claim {
    const at = place * PLACE_BYTES;
    const part = (from: number, length: number) => this.#bytes.slice(at + from, at + from + length);
    return {
      signature: part(0, SIGNATURE_BYTES),
      digest: part(SIGNATURE_BYTES, DIGEST_BYTES),
      publicKey: part(SIGNATURE_BYTES + DIGEST_BYTES, PUBLIC_KEY_BYTES),
    };
  }

  /** Says of a place that was taken whether its signature holds. */
  settle(batch: number, place: number, holds: boolean): void {
    const settled = stateOf(batch, holds ? HOLDS : FAILS);
    Atomics.compareExchange(this.#control, STATES + place, stateOf(batch, TAKEN), settled);
    Atomics.notify(this.#control, STATES + place);
  }

  /** Returns what another thread says of a place of `batch` that it took; null if it does not within `patienceMs` milliseconds. */
  outcome(batch: number, place: number, patienceMs: number): boolean | null {
    const taken = stateOf(batch, TAKEN);
    const state = () => Atomics.load(this.#control, STATES + place);
    for (let spins = 0; spins < SPINS && state() === taken; spins++);
    if (state() === taken) Atomics.wait(this.#control, STATES + place, taken, patienceMs);
    const found = state();
    return found === stateOf(batch, HOLDS) ? true : found === stateOf(batch, FAILS) ? false : null;
  }
}

const stateOf = (batch: number, state: number): number => (batch << STATE_BITS) | state;
