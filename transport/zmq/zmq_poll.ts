/**
 * Everything that exists only because Deno's `uv_poll` stops after its first callback (denoland/deno#36317), so that
 * it can go in one piece once that is fixed:
 *
 * 1. Sockets have both timeouts at 0 ({@linkcode SYNCHRONOUS}): the add-on then finishes `send` and `receive` inside
 *    the call and never polls by itself. (Timeouts above 0 crash the process.)
 * 2. {@linkcode drain} takes what is there without waiting.
 * 3. {@linkcode SocketWaiter} waits for all sockets' ZMQ_FD at once (`zmq_waker.ts`), and all waiters of a process with one
 *    call of epoll_wait(2) through FFI, on a thread of Deno's blocking pool (`shared_poll.ts`).
 *
 * ZMQ_FD is the wake-up descriptor of a socket, not of its messages: it rings when the socket's mailbox gets its first command, and
 * *any* call on the socket (send, receive, reading `readable`) empties the mailbox and stops the ringing. Two rules make
 * waiting safe. Before a wait every socket is asked once more whether it is `readable`: if none is, all mailboxes are
 * empty and the next command rings. And whoever uses a socket while a wait is pending calls
 * {@linkcode SocketWaiter.used} after it, because that use may have silenced a ring the poll had not seen yet.
 * The first rule is also what makes edges enough for epoll. A bounded wait is the safety net below both.
 */
import type { Socket } from "zeromq";
import { PollWaker, TimerWaker, type Waker } from "./zmq_waker.ts";

/** Socket options without which nothing here works. */
export const SYNCHRONOUS = { sendTimeout: 0, receiveTimeout: 0 } as const;

/** The safety net: no wait is longer than this right after traffic, when a ring could have been lost… */
export const MIN_WAIT_MS = 200;
/** …and it doubles up to this while nothing happens: each wake-up of an idle Deno costs 0.2 to 0.4 ms of processor time. */
export const MAX_WAIT_MS = 800;

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

/** Waits for the wake-up descriptors of several sockets. */
export class SocketWaiter {
  /** Of all waiters of this process. */
  static rescues = 0;

  #sockets: readonly Socket[];
  #waker: Waker;
  #waiting = false;
  #woken = false;
  #waitMs = MIN_WAIT_MS;
  /** Waits the safety net ended although a message was there: lost rings. Stays at or near 0. */
  rescues = 0;

  /** `mode` "timer" is for platforms without epoll(7) and for tests; by default epoll is used where it can be loaded. */
  constructor(sockets: readonly Socket[], mode: "poll" | "timer" = "poll") {
    this.#sockets = sockets;
    this.#waker = (mode === "poll" ? PollWaker.open(sockets) : null) ?? new TimerWaker();
  }

  /** The way this waiter waits. */
  get mode(): "poll" | "timer" {
    return this.#waker.mode;
  }

  /** Waits until a socket has something, {@linkcode wake} was called, or at most `timeoutMs` passed; may return early. */
  async wait(timeoutMs: number): Promise<void> {
    if (this.#woken || this.#anyReadable()) return;
    this.#waiting = true;
    const rang = await this.#waker.wait(Math.ceil(Math.min(timeoutMs, this.#waitMs)));
    this.#waiting = false;
    const found = this.#anyReadable();
    if (!rang && found && this.mode === "poll") this.#countRescue();
    this.#waitMs = found ? MIN_WAIT_MS : Math.min(this.#waitMs * 2, MAX_WAIT_MS);
  }

  /** Ends the pending wait, or makes the next one end at once. */
  wake(): void {
    this.#woken = true;
    if (this.#waiting) this.#waker.ring();
  }

  /** Returns whether {@linkcode wake} was called since the last time, and forgets it. */
  takeWake(): boolean {
    const woken = this.#woken;
    this.#woken = false;
    return woken;
  }

  /** Waits for these sockets too from now on, also with a wait that is pending. */
  add(sockets: readonly Socket[]): void {
    this.#sockets = [...this.#sockets, ...sockets];
    const waker = this.#waker;
    if (!waker.add(sockets)) {
      this.#waker = new TimerWaker();
      void waker.close();
    }
    // What the wait asked before it began, it has not asked these.
    waker.ring();
  }

  /** Waits for these no more. Before they are closed. */
  remove(sockets: readonly Socket[]): void {
    this.#sockets = this.#sockets.filter((socket) => !sockets.includes(socket));
    this.#waker.remove(sockets);
  }

  /** To be called after any use of `socket` outside of `wait`: see the rules above. */
  used(socket: { readonly readable: boolean }): void {
    if (this.#waiting && socket.readable) this.#waker.ring();
  }

  /** Only when no wait is pending, and before the sockets are closed; it leaves them open. Afterwards nothing is under way. */
  close(): Promise<void> {
    return this.#waker.close();
  }

  #countRescue(): void {
    this.rescues++;
    SocketWaiter.rescues++;
  }

  #anyReadable(): boolean {
    // All of them, not up to the first: asking is what arms a socket's wake-up descriptor.
    let found = false;
    for (const socket of this.#sockets) found = socket.readable || found;
    return found;
  }
}
