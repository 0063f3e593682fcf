/** Pauses of a load. */

/** Watches for the longest time in which `count` did not rise. */
export function watchPauses(count: () => number): { readonly longestMs: number; end(): void } {
  const watch = { longestMs: 0, end: () => clearInterval(timer) };
  let [last, at] = [count(), performance.now()];
  const timer = setInterval(() => {
    const now = performance.now();
    if (count() > last) [last, at] = [count(), now];
    watch.longestMs = Math.max(watch.longestMs, now - at);
  }, 5);
  return watch;
}
