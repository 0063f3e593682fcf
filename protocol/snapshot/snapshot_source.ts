/** The state machine's part of a snapshot, as of a checkpoint (§8.2). */
import type { Digest } from "../ids.ts";
import { assertInvariant } from "../invariant.ts";
import { LIMITS } from "../limits.ts";
import type { FrozenState, Hash, StateMachine } from "../ports.ts";

/**
 * Returns the present state of `machine`, to be read while the machine continues. A machine that cannot freeze is asked for all its chunks
 * now. Throws InvariantError if one of them is too long.
 */
export function freezeMachine(machine: StateMachine, hash: Hash): FrozenState {
  return machine.freeze?.() ?? new CollectedState(machine.snapshot(), hash);
}

/** The chunks of a machine that cannot freeze. */
class CollectedState implements FrozenState {
  readonly #chunks: readonly Uint8Array[];
  readonly #digests: (Digest | undefined)[];
  readonly #hash: Hash;

  constructor(chunks: Iterable<Uint8Array>, hash: Hash) {
    // Copies: a machine may hand out its own memory, or reuse one buffer.
    this.#chunks = Array.from(chunks, (bytes, at) => checkLength(at, bytes).slice());
    this.#digests = Array.from(this.#chunks, () => undefined);
    this.#hash = hash;
  }

  get chunkCount(): number {
    return this.#chunks.length;
  }

  chunk(at: number): Uint8Array {
    return this.#chunks[at]!;
  }

  chunkDigest(at: number): Digest {
    return this.#digests[at] ??= this.#hash(this.chunk(at));
  }

  digestCost(at: number): number {
    return this.#digests[at] === undefined ? this.chunk(at).length : 0;
  }
}

/** Returns `bytes`, chunk number `at` of a state machine. Throws InvariantError if it is too long to be kept and sent. */
export function checkLength(at: number, bytes: Uint8Array): Uint8Array {
  assertInvariant(
    bytes.length <= LIMITS.maxChunkBytes,
    "internal",
    `chunk ${at} of the state machine has ${bytes.length} bytes, at most ${LIMITS.maxChunkBytes} are allowed`,
  );
  return bytes;
}
