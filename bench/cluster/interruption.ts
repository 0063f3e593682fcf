/** Ctrl-C and SIGTERM during a benchmark: its waits end with an error, and so every process is ended and every file removed. */

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

export interface Interruption extends Disposable {
  /** Rejects when a signal comes. */
  readonly happened: Promise<never>;
}

/** Listens for signals until it is disposed of. */
export function watchForInterruption(): Interruption {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const listeners = SIGNALS.map((signal) => {
    const listener = () => reject(new Error(`interrupted by ${signal}`));
    Deno.addSignalListener(signal, listener);
    return { signal, listener };
  });
  return {
    happened: promise,
    [Symbol.dispose]() {
      for (const { signal, listener } of listeners) Deno.removeSignalListener(signal, listener);
    },
  };
}
