/** Ends a waiter's sleep: rings of its sockets' descriptors, or a short timer. Part of the workaround in `zmq_poll.ts`. */
import type { Socket } from "zeromq";
import { SharedPoll } from "./shared_poll.ts";

/** Interval at which sockets are looked at where epoll(7) cannot be loaded. */
const TIMER_WAIT_MS = 2;
const ZMQ_FD = 14;

/** A thing to sleep by, until something happens. One wait at a time. */
export interface Waker {
  readonly mode: "poll" | "timer";
  /** True if it was rung, false if the time passed. */
  wait(timeoutMs: number): Promise<boolean>;
  /** Ends the pending wait. */
  ring(): void;
  /** Rings for these sockets too from now on. Returns false if it cannot. */
  add(sockets: readonly Socket[]): boolean;
  /** Rings for these no more. Before they are closed. */
  remove(sockets: readonly Socket[]): void;
  /** Only when no wait is pending, and before the sockets are closed. */
  close(): Promise<void>;
}

/** A wait that {@linkcode ring} or the time ends, whichever comes first. */
class TimedWait {
  #end: ((rang: boolean) => void) | null = null;

  get waiting(): boolean {
    return this.#end !== null;
  }

  wait(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#end?.(false), timeoutMs);
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
}

/** Rung by the sockets' descriptors, by way of the one wait of the process. */
export class PollWaker implements Waker {
  readonly mode = "poll";
  readonly #wait: TimedWait;
  #poll: SharedPoll;
  readonly #fds: Set<number>;
  #leaving: Promise<unknown> = Promise.resolve();

  private constructor(wait: TimedWait, poll: SharedPoll, fds: readonly number[]) {
    this.#wait = wait;
    this.#poll = poll;
    this.#fds = new Set(fds);
  }

  /** Null where epoll cannot be used. */
  static open(sockets: readonly Socket[]): PollWaker | null {
    const wait = new TimedWait();
    const fds = sockets.map(descriptorOf);
    const poll = SharedPoll.join(wait, fds);
    return poll && new PollWaker(wait, poll, fds);
  }

  wait(timeoutMs: number): Promise<boolean> {
    // One that was left by all is closed.
    if (this.#fds.size > 0) this.#poll.watch();
    return this.#wait.wait(timeoutMs);
  }

  ring(): void {
    this.#wait.ring();
  }

  add(sockets: readonly Socket[]): boolean {
    const fds = sockets.map(descriptorOf);
    // Another one, if this waker was the last to leave.
    const poll = SharedPoll.join(this.#wait, fds);
    if (poll === null) return false;
    this.#poll = poll;
    for (const fd of fds) this.#fds.add(fd);
    return true;
  }

  remove(sockets: readonly Socket[]): void {
    const fds = sockets.map(descriptorOf);
    for (const fd of fds) this.#fds.delete(fd);
    this.#leaving = Promise.all([this.#leaving, this.#poll.leave(fds)]);
  }

  async close(): Promise<void> {
    await Promise.all([this.#leaving, this.#poll.leave([...this.#fds])]);
  }
}

/** Looks at the sockets again and again, where nothing better can be had. */
export class TimerWaker implements Waker {
  readonly mode = "timer";
  readonly #wait = new TimedWait();

  wait(timeoutMs: number): Promise<boolean> {
    return this.#wait.wait(Math.min(timeoutMs, TIMER_WAIT_MS));
  }

  ring(): void {
    this.#wait.ring();
  }

  add(): boolean {
    return true;
  }

  remove(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function descriptorOf(socket: Socket): number {
  // The package declares its option readers `protected`, and has no public name for this option.
  return (socket as unknown as { getInt32Option(option: number): number }).getInt32Option(ZMQ_FD);
}
