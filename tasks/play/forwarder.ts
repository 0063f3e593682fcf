/** A TCP forwarder for drills: passes on what comes, late, or not at all until it is told to. */

/** Treatment of bytes: `delayMs` is added each way; `passes` false holds all back, as a network does that lost its way. */
export interface Line {
  readonly passes: boolean;
  readonly delayMs: number;
}

/** The line of two that nothing stands between. */
export const WHOLE: Line = { passes: true, delayMs: 0 };

const HOST = "127.0.0.1";
/** Connections at a time, and bytes on their way in one direction; what is more waits in its sender's socket. */
const MAX_CONNECTIONS = 64;
const MAX_LATE_BYTES = 4 * 1024 * 1024;

interface Late {
  readonly bytes: Uint8Array;
  readonly dueAt: number;
}

/** Listens on loopback at one port and connects to another, for each connection that comes. */
export class Forwarder implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #target: number;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #under = new Set<Promise<void>>();
  #line: Line = WHOLE;
  #changed = Promise.withResolvers<void>();
  #closed = false;

  /** Throws `Deno.errors.AddrInUse` if another listens at `port`. */
  constructor(port: number, target: number) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: HOST, port });
    this.#track(this.#accept());
  }

  get line(): Line {
    return this.#line;
  }

  /** Changes what becomes of bytes from now on; what is late already comes when it was due, at the earliest. */
  set line(line: Line) {
    this.#line = line;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#listener.close();
    this.line = WHOLE;
    for (const connection of this.#connections) close(connection);
    while (this.#under.size > 0) await Promise.allSettled(this.#under);
  }

  #track(work: Promise<void>): void {
    this.#under.add(work);
    work.catch(() => {}).finally(() => this.#under.delete(work));
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      if (this.#connections.size >= 2 * MAX_CONNECTIONS) close(connection);
      else this.#track(this.#forward(connection));
    }
  }

  async #forward(from: Deno.TcpConn): Promise<void> {
    this.#connections.add(from);
    let to: Deno.TcpConn | null = null;
    try {
      await this.#open();
      to = await Deno.connect({ hostname: HOST, port: this.#target });
      this.#connections.add(to);
      if (this.#closed) return;
      // Small frames are not to wait for one another here: the line is to be as if it were not there.
      from.setNoDelay(true);
      to.setNoDelay(true);
      await Promise.race([this.#pump(from, to), this.#pump(to, from)]);
    } catch {
      // One end is gone, and takes the other with it.
    } finally {
      for (const each of [from, to]) {
        if (each === null) continue;
        close(each);
        this.#connections.delete(each);
      }
    }
  }

  /** Copies bytes until either end is closed. */
  async #pump(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const late: Late[] = [];
    const state = { lateBytes: 0, ended: false, failed: false, wake: () => {} };
    const writing = this.#write(to, late, state);
    writing.catch(() => state.failed = true);
    const buffer = new Uint8Array(64 * 1024);
    for (;;) {
      await this.#open();
      const size = await from.read(buffer);
      if (size === null) break;
      late.push({ bytes: buffer.slice(0, size), dueAt: performance.now() + this.#line.delayMs });
      state.lateBytes += size;
      state.wake();
      while (state.lateBytes > MAX_LATE_BYTES && !state.failed) await sleep(1);
      if (state.failed) break;
    }
    state.ended = true;
    state.wake();
    await writing;
  }

  async #write(to: Deno.TcpConn, late: Late[], state: { lateBytes: number; ended: boolean; wake: () => void }) {
    for (;;) {
      const next = late.shift();
      if (next === undefined) {
        if (state.ended) return;
        await new Promise<void>((resolve) => state.wake = resolve);
        continue;
      }
      const waitMs = next.dueAt - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      await this.#open();
      for (let sent = 0; sent < next.bytes.length;) sent += await to.write(next.bytes.subarray(sent));
      state.lateBytes -= next.bytes.length;
    }
  }

  /** Waits until the line passes bytes. Throws once this is closed. */
  async #open(): Promise<void> {
    while (!this.#line.passes) await this.#changed.promise;
    if (this.#closed) throw new Error("closed");
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
