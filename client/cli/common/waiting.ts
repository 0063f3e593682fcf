/** Tells a person at a terminal that a command still waits. */

const EVERY_MS = 1000;

/** Settles as `call` does; meanwhile shows every second for how long it has waited, and removes that line at the end. */
export async function showingWait<T>(
  call: Promise<T>,
  progress: (line: string) => void,
  everyMs: number = EVERY_MS,
): Promise<T> {
  const startedAt = performance.now();
  let shown = false;
  const timer = setInterval(() => {
    shown = true;
    progress(`no answer of a quorum after ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  }, everyMs);
  try {
    return await call;
  } finally {
    clearInterval(timer);
    if (shown) progress("");
  }
}
