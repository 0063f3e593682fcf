/**
 * A timer that is moved far more often than it goes off. Making and clearing one for each wait costs more than a message does, so an earlier timer
 * stays where it is and looks, when it goes off, whether it is still too early.
 */
export class Alarm {
  readonly #ring: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Infinity;
  #at = Infinity;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Moves it to `at`, by `performance.now()`. */
  set(at: number): void {
    this.#at = at;
    if (this.#timerAt > at) this.#start();
  }

  close(): void {
    this.#at = this.#timerAt = Infinity;
    clearTimeout(this.#timer);
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timerAt = this.#at;
    this.#timer = setTimeout(() => this.#goOff(), Math.max(0, this.#at - performance.now()));
  }

  #goOff(): void {
    this.#timerAt = Infinity;
    // Timers may go off a fraction of a millisecond early.
    if (performance.now() < this.#at) this.#start();
    else this.#ring();
  }
}
