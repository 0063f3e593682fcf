/** The horizontal axis of a chart. */
import { niceTicks } from "./ticks.ts";

export interface Axis {
  readonly unit: string;
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
  /** Returns the place of a value, from 0 on the left to 1 on the right. */
  readonly place: (value: number) => number;
}

/** An axis of seconds from 0, told in hours or minutes where they are many. */
export function timeAxis(seconds: number): Axis {
  const unitSeconds = seconds > 5400 ? 3600 : seconds > 150 ? 60 : 1;
  const unit = { 3600: "hours", 60: "minutes", 1: "seconds" }[unitSeconds]!;
  const length = Math.max(seconds, 1);
  const { values, text } = niceTicks(length / unitSeconds, 12);
  const ticks = values.map((value) => ({ value: value * unitSeconds, text: text(value) }));
  return { unit, ticks: ticks.filter(({ value }) => value <= length), place: (value) => value / length };
}

/** An axis of a few values, all as far from each other, whatever lies between them. */
export function stepAxis(values: readonly number[], unit: string): Axis {
  return {
    unit,
    ticks: values.map((value) => ({ value, text: `${value}` })),
    place: (value) => (values.indexOf(value) + 0.5) / values.length,
  };
}
