/**
 * Everything that exists only because Deno's `uv_poll` stops after its first callback (denoland/deno#36317), so that
 * it can go in one piece once that is fixed:
 *
 * 1. Sockets have both timeouts at 0 ({@linkcode SYNCHRONOUS}): the add-on then finishes `send` and `receive` inside
 *    the call and never polls by itself. (Timeouts above 0 crash the process.)
 * 2. {@linkcode drain} takes what is there without waiting.
 * 3. {@linkcode SocketWaiter} waits for all sockets' ZMQ_FD at once with poll(2), called through FFI on a thread of its own.
 *
 * ZMQ_FD is the doorbell of a socket, not of its messages: it rings when the socket's mailbox gets its first command, and
 * *any* call on the socket (send, receive, reading `readable`) empties the mailbox and stops the ringing. Two rules make
 * waiting safe. Before a wait every socket is asked once more whether it is `readable`: if none is, all mailboxes are
 * empty and the next command rings. And whoever uses a socket while a wait is pending calls
 * {@linkcode SocketWaiter.used} after it, because that use may have silenced a ring the poll had not seen yet.
 * A bounded wait is the safety net below both.
 */
import type { Socket } from "zeromq";

/** Socket options without which nothing here works. */
export const SYNCHRONOUS = { sendTimeout: 0, receiveTimeout: 0 } as const;

/** The safety net: no wait is longer than this right after traffic, when a ring could have been lost… */
export const MIN_WAIT_MS = 10;
/** …and it doubles up to this while nothing happens: each wake-up of an idle Deno costs 0.2 to 0.4 ms of processor time. */
export const MAX_WAIT_MS = 200;
/** How often sockets are looked at where poll(2) cannot be loaded. */
const TIMER_WAIT_MS = 2;

const ZMQ_FD = 14;
const POLLIN = 1;
const POLLFD_BYTES = 8;
const EFD_CLOEXEC_NONBLOCK = 0x80800;

const LIBC = {
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32", nonblocking: true },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/** A socket messages are taken from. */
export interface ReadableSocket {
  readonly readable: boolean;
  receive(): Promise<Uint8Array[]>;
}

/**
 * Takes up to `limit` messages of each socket, one of each in turn, without waiting. The promises are already settled;
 * an element belongs to the socket of the same place in `owners`.
 */
export function drain(sockets: readonly ReadableSocket[], limit: number) {
  const owners: number[] = [];
  const messages: Promise<Uint8Array[] | null>[] = [];
  let places = [...sockets.keys()];
  for (let taken = 0; places.length > 0 && taken < limit; taken++) {
    places = places.filter((place) => {
      const socket = sockets[place];
      if (socket?.readable !== true) return false;
      owners.push(place);
      // A message that `readable` announced is there; if the socket fails all the same, it counts as nothing received.
      messages.push(socket.receive().catch(() => null));
      return true;
    });
  }
  return { owners, messages };
}

/** Waits for the doorbells of several sockets. */
export class SocketWaiter {
  readonly #sockets: readonly ReadableSocket[];
  readonly #bell: Bell;
  #waiting = false;
  #woken = false;
  #waitMs = MIN_WAIT_MS;
  /** Waits the safety net ended although a message was there: lost rings. Stays at or near 0. */
  rescues = 0;

  /** `mode` "timer" is for platforms without poll(2) and for tests; by default poll is used where it can be loaded. */
  constructor(sockets: readonly (ReadableSocket & Socket)[], mode: "poll" | "timer" = "poll") {
    this.#sockets = sockets;
    this.#bell = (mode === "poll" ? PollBell.open(sockets) : null) ?? new TimerBell();
  }

  /** How this waiter waits. */
  get mode(): "poll" | "timer" {
    return this.#bell.mode;
  }

  /** Waits until a socket has something, {@linkcode wake} was called, or at most `timeoutMs` passed; may return early. */
  async wait(timeoutMs: number): Promise<void> {
    if (this.#woken || this.#anyReadable()) return;
    this.#waiting = true;
    const rang = await this.#bell.wait(Math.ceil(Math.min(timeoutMs, this.#waitMs)));
    this.#waiting = false;
    const found = this.#anyReadable();
    if (!rang && found && this.mode === "poll") this.rescues++;
    this.#waitMs = found ? MIN_WAIT_MS : Math.min(this.#waitMs * 2, MAX_WAIT_MS);
  }

  /** Ends the pending wait, or makes the next one end at once. */
  wake(): void {
    this.#woken = true;
    if (this.#waiting) this.#bell.ring();
  }

  /** Whether {@linkcode wake} was called since the last time; forgets it. */
  takeWake(): boolean {
    const woken = this.#woken;
    this.#woken = false;
    return woken;
  }

  /** To be called after any use of `socket` outside of `wait`: see the rules above. */
  used(socket: { readonly readable: boolean }): void {
    if (this.#waiting && socket.readable) this.#bell.ring();
  }

  /** Only when no wait is pending. The sockets stay open. */
  close(): void {
    this.#bell.close();
  }

  #anyReadable(): boolean {
    // All of them, not up to the first: asking is what arms a socket's doorbell.
    let found = false;
    for (const socket of this.#sockets) found = socket.readable || found;
    return found;
  }
}

interface Bell {
  readonly mode: "poll" | "timer";
  /** True if it was rung, false if the time passed. */
  wait(timeoutMs: number): Promise<boolean>;
  /** Ends the pending wait. */
  ring(): void;
  close(): void;
}

/** poll(2) over the sockets' descriptors and an eventfd of our own. */
class PollBell implements Bell {
  readonly mode = "poll";
  readonly #library: Deno.DynamicLibrary<typeof LIBC>;
  readonly #eventFd: number;
  readonly #pollFds: Uint8Array<ArrayBuffer>;
  readonly #count: bigint;
  readonly #word = new Uint8Array(8);

  private constructor(library: Deno.DynamicLibrary<typeof LIBC>, eventFd: number, socketFds: readonly number[]) {
    this.#library = library;
    this.#eventFd = eventFd;
    const fds = [eventFd, ...socketFds];
    this.#count = BigInt(fds.length);
    this.#pollFds = new Uint8Array(fds.length * POLLFD_BYTES);
    const view = new DataView(this.#pollFds.buffer);
    fds.forEach((fd, place) => {
      view.setInt32(place * POLLFD_BYTES, fd, true);
      view.setInt16(place * POLLFD_BYTES + 4, POLLIN, true);
    });
  }

  /** Null where libc cannot be loaded: another platform, or no permission. */
  static open(sockets: readonly Socket[]): PollBell | null {
    if (Deno.build.os !== "linux") return null;
    let library: Deno.DynamicLibrary<typeof LIBC>;
    try {
      library = Deno.dlopen("libc.so.6", LIBC);
    } catch {
      return null;
    }
    const eventFd = library.symbols.eventfd(0, EFD_CLOEXEC_NONBLOCK);
    if (eventFd >= 0) return new PollBell(library, eventFd, sockets.map(descriptorOf));
    library.close();
    return null;
  }

  async wait(timeoutMs: number): Promise<boolean> {
    const ready = await this.#library.symbols.poll(this.#pollFds, this.#count, timeoutMs);
    // Resets the eventfd; when it is at 0 already this fails with EAGAIN, which is as good.
    this.#library.symbols.read(this.#eventFd, this.#word, 8n);
    return ready !== 0;
  }

  ring(): void {
    this.#library.symbols.write(this.#eventFd, new Uint8Array(BigUint64Array.of(1n).buffer), 8n);
  }

  close(): void {
    this.#library.symbols.close(this.#eventFd);
    this.#library.close();
  }
}

/** A short timer, where nothing better can be had. */
class TimerBell implements Bell {
  readonly mode = "timer";
  #end: ((rang: boolean) => void) | null = null;

  wait(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#end?.(false), Math.min(timeoutMs, TIMER_WAIT_MS));
      this.#end = (rang) => {
        clearTimeout(timer);
        this.#end = null;
        resolve(rang);
      };
    });
  }

  ring(): void {
    this.#end?.(true);
  }

  close(): void {}
}

function descriptorOf(socket: Socket): number {
  // The package declares its option readers `protected`, and has no public name for this option.
  return (socket as unknown as { getInt32Option(option: number): number }).getInt32Option(ZMQ_FD);
}
