/** Waits for conditions, never for a fixed time. */

const POLL_MS = 20;
/** Pauses grow up to this many times the first: where a wait is long, asking again and again would be most of the work. */
const LONGEST = 5;
const GROWTH = 1.3;

/**
 * Waits until `condition` returns something other than undefined, null or false; it is asked `pollMs` after the first time, and then less and
 * less often. Throws after `timeoutMs`, naming `what`.
 */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeoutMs = 10_000,
  pollMs = POLL_MS,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + timeoutMs;
  for (let pause = pollMs;; pause = Math.min(GROWTH * pause, LONGEST * pollMs)) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value as NonNullable<Exclude<T, false>>;
    if (performance.now() >= deadline) throw new Error(`${what}: not so within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
