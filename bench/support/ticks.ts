/** Round numbers along an axis. */

export interface Ticks {
  /** Values from 0 to the first tick at or above the highest value. */
  readonly values: readonly number[];
  /** Formats a tick. */
  readonly text: (value: number) => string;
}

/** Returns ticks from 0 that reach `highest`, about `count` of them. */
export function niceTicks(highest: number, count: number): Ticks {
  const wanted = (highest > 0 ? highest : 1) / count;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= wanted * 0.999)!;
  const steps = Math.max(1, Math.ceil((highest > 0 ? highest : 1) / step - 1e-9));
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return {
    values: Array.from({ length: steps + 1 }, (_, i) => i * step),
    text: (value) => value.toFixed(decimals).replace(/\B(?=(\d{3})+(?!\d))/g, " "),
  };
}
