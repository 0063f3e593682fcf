/** A little load through the gateway's paths, so that there is something to see. */

/** Writes one key after the other until it is disposed of. */
export function startLoad(url: string, pauseMs = 60): AsyncDisposable & { readonly written: number } {
  const state = { written: 0, stopped: false };
  const running = (async () => {
    while (!state.stopped) {
      const key = encodeURIComponent(`user/${state.written % 40}`);
      const response = await fetch(`${url}v1/kv/${key}`, { method: "PUT", body: `value ${state.written}` }).catch(() =>
        null
      );
      await response?.body?.cancel();
      if (response?.ok) state.written++;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  })();
  return {
    get written() {
      return state.written;
    },
    async [Symbol.asyncDispose]() {
      state.stopped = true;
      await running;
    },
  };
}
