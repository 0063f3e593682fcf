/**
 * One wait for all transports of a process. A wait that costs no processor time is an FFI call on a thread of Deno's
 * blocking pool, which has about 32 of them: were every transport to wait with a call of its own, some dozens would fill
 * the pool, and each ring would reach its waiter only when a thread comes free. So the descriptors of all waiters are in
 * one epoll(7) instance, and at most one epoll_wait is under way.
 *
 * Descriptors are registered edge-triggered and stay so: the rules of `zmq_poll.ts` make sure that a wake-up descriptor is silent
 * when a wait begins, so every ring that matters is an edge. Deadlines are the waiters' own business.
 */

const LIBC = {
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32", nonblocking: true },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
} as const;
type Libc = Deno.DynamicLibrary<typeof LIBC>;

const CLOEXEC = 0x80000;
const NONBLOCK = 0x800;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 1;
const EPOLLET = 2 ** 31;
/** `struct epoll_event`: 32 bits of events and 64 of the owner's choice, packed on x86-64 and aligned elsewhere. */
const EVENT = Deno.build.arch === "x86_64" ? { bytes: 12, data: 4 } : { bytes: 16, data: 8 };
/** Events taken at once; what is beyond them comes with the next call. */
const BATCH = 64;
/** Longest single call. Only a process that has waited and then forgot to close its transports sees the end of it. */
const CALL_MS = 1000;

/** Receiver of the news that a descriptor rang. */
export interface Listener {
  /** Returns whether the call under way is worth repeating for this one. */
  readonly waiting: boolean;
  ring(): void;
}

/** The wait of this process (of this worker, if there are several). It exists while anyone is registered. */
export class SharedPoll {
  static #current: SharedPoll | null = null;

  readonly #libc: Libc;
  readonly #epollFd: number;
  /** Ends the call under way when the last listener has left. */
  readonly #endFd: number;
  readonly #events = new Uint8Array(BATCH * EVENT.bytes);
  readonly #listeners = new Map<number, Listener>();
  #running: Promise<void> | null = null;
  #closing = false;

  private constructor(libc: Libc, epollFd: number, endFd: number) {
    this.#libc = libc;
    this.#epollFd = epollFd;
    this.#endFd = endFd;
  }

  /**
   * Has `listener` told of all rings of `fds` until it {@linkcode leave}s. Null where libc cannot be loaded (another
   * platform, no permission) or gives no descriptor.
   */
  static join(listener: Listener, fds: readonly number[]): SharedPoll | null {
    const poll = SharedPoll.#current ?? SharedPoll.#open();
    SharedPoll.#current = poll;
    if (poll === null) return null;
    const added = fds.filter((fd) => poll.#add(fd, listener));
    if (added.length === fds.length) return poll;
    void poll.leave(added);
    return null;
  }

  /** Forgets the descriptors, which must still be open. The last one to leave closes everything, once the call under way has ended. */
  async leave(fds: readonly number[]): Promise<void> {
    for (const fd of fds) {
      this.#libc.symbols.epoll_ctl(this.#epollFd, EPOLL_CTL_DEL, fd, eventOf(fd));
      this.#listeners.delete(fd);
    }
    if (this.#listeners.size > 0 || this.#closing) return;
    this.#closing = true;
    if (SharedPoll.#current === this) SharedPoll.#current = null;
    this.#libc.symbols.write(this.#endFd, new Uint8Array(BigUint64Array.of(1n).buffer), 8n);
    await this.#running;
    for (const fd of [this.#endFd, this.#epollFd]) this.#libc.symbols.close(fd);
    this.#libc.close();
  }

  /** Makes sure that a call is under way; to be called when a listener begins to wait. */
  watch(): void {
    this.#running ??= this.#run();
  }

  static #open(): SharedPoll | null {
    const libc = load();
    if (libc === null) return null;
    const { symbols } = libc;
    const epollFd = symbols.epoll_create1(CLOEXEC);
    const endFd = symbols.eventfd(0, CLOEXEC | NONBLOCK);
    if (symbols.epoll_ctl(epollFd, EPOLL_CTL_ADD, endFd, eventOf(endFd)) === 0) {
      return new SharedPoll(libc, epollFd, endFd);
    }
    for (const fd of [epollFd, endFd]) if (fd >= 0) symbols.close(fd);
    libc.close();
    return null;
  }

  #add(fd: number, listener: Listener): boolean {
    if (this.#libc.symbols.epoll_ctl(this.#epollFd, EPOLL_CTL_ADD, fd, eventOf(fd)) !== 0) return false;
    this.#listeners.set(fd, listener);
    return true;
  }

  async #run(): Promise<void> {
    do {
      const count = await this.#libc.symbols.epoll_wait(this.#epollFd, this.#events, BATCH, CALL_MS);
      this.#tell(count);
    } while (!this.#closing && this.#anyWaiting());
    this.#running = null;
  }

  #tell(count: number): void {
    if (count < 0) {
      // A signal, most likely. All look for themselves, and wait again.
      for (const listener of this.#listeners.values()) listener.ring();
    }
    const view = new DataView(this.#events.buffer);
    for (let place = 0; place < count; place++) {
      this.#listeners.get(view.getUint32(place * EVENT.bytes + EVENT.data, true))?.ring();
    }
  }

  #anyWaiting(): boolean {
    for (const listener of this.#listeners.values()) if (listener.waiting) return true;
    return false;
  }
}

function load(): Libc | null {
  if (Deno.build.os !== "linux") return null;
  try {
    return Deno.dlopen("libc.so.6", LIBC);
  } catch {
    return null;
  }
}

/** The event to register `fd` with: its data is the descriptor itself. */
function eventOf(fd: number): Uint8Array<ArrayBuffer> {
  const event = new Uint8Array(EVENT.bytes);
  const view = new DataView(event.buffer);
  view.setUint32(0, EPOLLIN + EPOLLET, true);
  view.setUint32(EVENT.data, fd, true);
  return event;
}
