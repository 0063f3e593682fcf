/** Keeps the lines a child process writes, up to a bound, and waits for particular ones. */

const MAX_LINES = 10_000;

interface Waiter {
  readonly matches: (line: string) => boolean;
  readonly resolve: (line: string) => void;
  readonly reject: (reason: Error) => void;
}

export class LineLog {
  /** The latest lines. */
  readonly lines: string[] = [];
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  readonly #waiters = new Set<Waiter>();
  #listener: ((line: string) => void) | null = null;
  #open = true;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.ended = this.#read(stream);
  }

  /** Returns the first line, written already or yet to come, that `matches`. Rejects after `timeoutMs` or when the stream ends. */
  async waitFor(what: string, matches: (line: string) => boolean, timeoutMs: number): Promise<string> {
    const known = this.lines.find(matches);
    if (known !== undefined) return known;
    if (!this.#open) throw new Error(`${what}: the process ended without it`);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const waiter = { matches, resolve, reject: () => reject(new Error(`${what}: the process ended without it`)) };
    this.#waiters.add(waiter);
    const timer = setTimeout(() => reject(new Error(`${what}: not within ${timeoutMs} ms`)), timeoutMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
  }

  /** Passes every line kept and every line to come to `listener`. */
  onLine(listener: (line: string) => void): void {
    for (const line of this.lines) listener(line);
    this.#listener = listener;
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#add(line);
    }
    if (rest !== "") this.#add(rest);
    this.#open = false;
    for (const waiter of this.#waiters) waiter.reject(new Error("ended"));
  }

  #add(line: string): void {
    this.lines.push(line);
    if (this.lines.length > MAX_LINES) this.lines.shift();
    this.#listener?.(line);
    for (const waiter of this.#waiters) if (waiter.matches(line)) waiter.resolve(line);
  }
}
