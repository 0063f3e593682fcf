/** A backend some of whose signatures other threads check ahead. */
import { equalBytes } from "../../../protocol/bytes/equal_bytes.ts";
import type { Claim, SignatureBackend } from "../backend.ts";
import { type ClaimsBoard, MAX_POSTED } from "./claims_board.ts";

/** Signatures that are worth waking another thread for: a quarter of a millisecond. */
export const LEAST_POSTED = 8;
/** Time a thread has for a signature that it took. It takes a 200th of it, unless the machine has other things to do, or the thread is gone. */
const PATIENCE_MS = 10;
/** Time without posting after a thread kept this one waiting: a thread that is gone costs a hundredth of the time. */
const REST_MS = 1000;

/**
 * Returns `backend` with the help of the threads at `board`. Answers are the same, whatever becomes of them: what they do not say in time is checked here, and
 * what was posted and is never asked for was work for nothing, of at most {@linkcode MAX_POSTED} signatures.
 */
export function checkAhead(
  backend: SignatureBackend,
  board: ClaimsBoard,
  now: () => number = () => performance.now(),
): SignatureBackend {
  /** Claims on the board; null where one has been asked for. */
  let posted: (Claim | null)[] = [];
  let batch = board.batch;
  /** The place that is likely to be asked for next. */
  let next = 0;
  let restsUntil = -Infinity;

  const placeOf = (signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): number => {
    for (let tried = 0; tried < posted.length; tried++) {
      const place = (next + tried) % posted.length;
      const claim = posted[place];
      if (claim == null || !equalBytes(claim.signature, signature) || !equalBytes(claim.digest, digest)) continue;
      if (equalBytes(claim.publicKey, publicKey)) return place;
    }
    return -1;
  };
  const others = (place: number): boolean | null => {
    next = place + 1;
    posted[place] = null;
    if (board.take(batch, place)) return null;
    const outcome = board.outcome(batch, place, PATIENCE_MS);
    if (outcome === null) {
      restsUntil = now() + REST_MS;
      posted = [];
    }
    return outcome;
  };
  return {
    ...backend,
    ahead(claims) {
      if (claims.length < LEAST_POSTED || now() < restsUntil) return;
      const first = claims.slice(0, MAX_POSTED);
      board.post(first);
      posted = first;
      batch = board.batch;
      next = 0;
    },
    verify(signature, digest, publicKey) {
      const place = placeOf(signature, digest, publicKey);
      return (place < 0 ? null : others(place)) ?? backend.verify(signature, digest, publicKey);
    },
  };
}
