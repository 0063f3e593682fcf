/** Waits that double from try to try, as election timeouts (§6.11) and the repeats of clients (§7.3) do. */
import type { Millis } from "./ids.ts";

/** Keeps the power finite for any number of tries; above it every sensible cap is exceeded. */
const MOST_DOUBLINGS = 31;

/** Returns `baseMs` doubled `times` times, at most `capMs`. */
export const doubledUpTo = (capMs: Millis, baseMs: Millis, times: number): Millis =>
  Math.min(capMs, baseMs * 2 ** Math.min(times, MOST_DOUBLINGS));
