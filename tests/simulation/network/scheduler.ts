/** Virtual time: runs actions in order of their time, and in order of scheduling if times are equal. */
import type { Millis } from "../../../protocol/ids.ts";

interface Scheduled {
  readonly at: Millis;
  readonly order: number;
  readonly action: () => void;
}

const isBefore = (a: Scheduled, b: Scheduled): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

export class Scheduler {
  /** Virtual milliseconds since the start. */
  now: Millis = 0;
  /** A binary heap, the earliest first. */
  readonly #heap: Scheduled[] = [];
  #order = 0;

  /** Runs `action` after `delayMs` of virtual time. */
  schedule(delayMs: Millis, action: () => void): void {
    const heap = this.#heap;
    heap.push({ at: this.now + delayMs, order: this.#order++, action });
    for (let child = heap.length - 1; child > 0;) {
      const parent = (child - 1) >> 1;
      if (!isBefore(heap[child]!, heap[parent]!)) return;
      [heap[child], heap[parent]] = [heap[parent]!, heap[child]!];
      child = parent;
    }
  }

  /** Lets virtual time pass until `done` holds or `ms` are over; true if it held. */
  elapse(ms: Millis, done: () => boolean = () => false): boolean {
    const end = this.now + ms;
    while (!done()) {
      const next = this.#heap[0];
      if (next === undefined || next.at > end) {
        this.now = end;
        return done();
      }
      this.#removeFirst();
      this.now = next.at;
      next.action();
    }
    return true;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let parent = 0;;) {
      const left = 2 * parent + 1;
      if (left >= heap.length) return;
      const child = left + 1 < heap.length && isBefore(heap[left + 1]!, heap[left]!) ? left + 1 : left;
      if (!isBefore(heap[child]!, heap[parent]!)) return;
      [heap[child], heap[parent]] = [heap[parent]!, heap[child]!];
      parent = child;
    }
  }
}
