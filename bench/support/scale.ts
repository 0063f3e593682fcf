/** The vertical scale of a panel: linear from 0, or logarithmic. */
import { niceTicks } from "./ticks.ts";

export interface Scale {
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
  /** Returns the place of a value, from 0 at the bottom to 1 at the top. */
  readonly place: (value: number) => number;
}

/** Returns a scale from 0 that reaches the highest of `values`. */
export function linearScale(values: readonly number[]): Scale {
  const { values: ticks, text } = niceTicks(Math.max(0, ...values), 5);
  const end = ticks.at(-1)!;
  return { ticks: ticks.map((value) => ({ value, text: text(value) })), place: (value) => value / end };
}

/** Returns a scale of powers of ten around `values`, which are above 0. */
export function logScale(values: readonly number[]): Scale {
  const known = values.filter((value) => value > 0);
  const least = Math.floor(Math.log10(Math.min(...known, 1e9)) + 1e-9);
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...known, 1e-9)) - 1e-9));
  const ticks = Array.from({ length: most - least + 1 }, (_, i) => {
    const power = least + i;
    const text = power < 0 ? (10 ** power).toFixed(-power) : `${10 ** power}`.replace(/\B(?=(\d{3})+(?!\d))/g, " ");
    return { value: 10 ** power, text };
  });
  return { ticks, place: (value) => (Math.log10(value) - least) / (most - least) };
}
